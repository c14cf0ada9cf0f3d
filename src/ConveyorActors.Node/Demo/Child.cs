using System.Diagnostics;

namespace ConveyorActors.Node.Demo;

/// <summary>Another instance of this program, as a process of its own.</summary>
sealed class Child : IAsyncDisposable
{
    static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(30);

    readonly Process process;
    readonly bool isVerbose;
    readonly Task reading;
    readonly Queue<string> lastErrors = new();
    readonly TaskCompletionSource isReady = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="arguments">The arguments of the process.</param>
    /// <param name="folder">The working directory of the process.</param>
    /// <param name="ready">The text on either output that shows that the process is ready.</param>
    /// <param name="onLine">Called with each line of standard output.</param>
    /// <param name="isVerbose">Whether lines on standard error are repeated here.</param>
    public Child(IEnumerable<string> arguments, string folder, string ready, Action<string> onLine, bool isVerbose)
    {
        this.isVerbose = isVerbose;
        var own = Environment.ProcessPath!;
        var start = new ProcessStartInfo(own)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Started as `dotnet conveyor-node.dll` or as `conveyor-node`.
        if (Path.GetFileNameWithoutExtension(own) == "dotnet")
            start.ArgumentList.Add(typeof(Child).Assembly.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        reading = Task.WhenAll(
            ReadAsync(process.StandardOutput, ready, onLine),
            ReadAsync(process.StandardError, ready, Keep)
        );
    }

    public int Id => process.Id;

    /// <exception cref="NodeException">The process has ended, or does not become ready.</exception>
    public async Task WaitUntilReadyAsync()
    {
        await Task.WhenAny(isReady.Task, reading, Task.Delay(ReadyTimeout * 2, TimeProvider.System))
            .ConfigureAwait(false);
        if (isReady.Task.IsCompleted)
            return;
        lock (lastErrors)
            throw new NodeException(
                ExitCodes.Failed,
                $"process {Id} did not become ready: {string.Join(" | ", lastErrors)}"
            );
    }

    /// <summary>Ends the process at once, as a crash would (SIGKILL).</summary>
    public void Kill() => process.Kill();

    /// <summary>Asks the process to end (SIGTERM), and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (OperatingSystem.IsWindows())
            process.Kill(); // there are no signals on this platform
        else
            using (
                var kill = Process.Start(
                    "kill",
                    ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
                )
            )
                await kill.WaitForExitAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().WaitAsync(ReadyTimeout, TimeProvider.System).ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync().ConfigureAwait(false);
        process.Dispose();
    }

    async Task ReadAsync(StreamReader output, string ready, Action<string> onLine)
    {
        while (await output.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.Contains(ready, StringComparison.Ordinal))
                isReady.TrySetResult();
            onLine(line);
        }
    }

    void Keep(string line)
    {
        if (isVerbose)
            Console.Error.WriteLine($"[{Id}] {line}");
        lock (lastErrors)
        {
            lastErrors.Enqueue(line);
            if (lastErrors.Count > 5)
                lastErrors.Dequeue();
        }
    }
}
