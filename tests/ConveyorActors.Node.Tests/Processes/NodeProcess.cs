using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConveyorActors.Node.Tests.Processes;

/// <summary>The node program as a process of its own.</summary>
sealed class NodeProcess : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    static int lastPort = 20_000 + Random.Shared.Next(10_000);

    readonly Process process;
    readonly Lock gate = new();
    readonly StringBuilder said = new();
    readonly Task reading;
    readonly string what;
    TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    NodeProcess(ProcessStartInfo start, string what)
    {
        this.what = what;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        process = Process.Start(start)!;
        reading = ReadAsync();
    }

    public static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "conveyor-node.dll");

    public static string DotNet { get; } =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? path
            : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public int Id => process.Id;

    public bool HasEnded => process.HasExited;

    public StreamReader Output => process.StandardOutput;

    /// <summary>What it has said so far on standard error.</summary>
    public string Said
    {
        get
        {
            lock (gate)
                return said.ToString();
        }
    }

    /// <summary>A port that nobody has now.</summary>
    public static int FreePort()
    {
        while (true)
        {
            // Below the ports that the system gives out by itself.
            var port = Interlocked.Increment(ref lastPort);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException) when (port < 32_000)
            {
                // Another program has it.
            }
        }
    }

    public static NodeProcess Start(string folder, params IEnumerable<string> arguments) =>
        Start(folder, [], arguments);

    public static NodeProcess Start(
        string folder,
        IEnumerable<(string Name, string Value)> environment,
        IEnumerable<string> arguments,
        string? dll = null,
        string[]? prefix = null
    )
    {
        string[] command = [.. prefix ?? [], DotNet, "exec", dll ?? Dll, .. arguments];
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        foreach (
            var name in start
                .Environment.Keys.Where(n => n.StartsWith("CONVEYOR_NODE", StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(start, string.Join(' ', arguments));
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task<NodeProcess> HasSaidAsync(string text)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (said.ToString().Contains(text, StringComparison.Ordinal))
                    return this;
                next = heard.Task;
            }
            if (reading.IsCompleted && !Said.Contains(text, StringComparison.Ordinal))
                Assert.Fail($"'{what}' has ended with {process.ExitCode} and did not say '{text}': {Said}");
            await Task.WhenAny(next, reading, Task.Delay(TimeSpan.FromSeconds(1)));
            if (Stopwatch.GetElapsedTime(began) > Patience)
                Assert.Fail($"'{what}' did not say '{text}': {Said}");
        }
    }

    /// <summary>Waits until something is true, and fails with what this process has said otherwise.</summary>
    public Task AwaitAsync(Func<bool> condition) => AwaitAsync(() => Task.FromResult(condition()));

    public async Task AwaitAsync(Func<Task<bool>> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                Assert.Fail($"it did not come true; '{what}' has said: {Said}");
            await Task.Delay(50);
        }
    }

    public Task<NodeProcess> IsUpAsync() => HasSaidAsync("conveyor-node: up: ");

    /// <summary>
    /// Sends a command of the command core and returns its reply. The node must have been started with --inspect.
    /// </summary>
    public async Task<string> AskAsync(string command)
    {
        await process.StandardInput.WriteLineAsync(command);
        await process.StandardInput.FlushAsync();
        var reply = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line == ".")
                return reply.ToString();
            reply.Append(line).Append('\n');
        }
        throw new InvalidOperationException($"'{what}' has ended: {Said}");
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int Exit, string Said)> EndAsync()
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            Assert.Fail($"'{what}' does not end; it said: {Said}");
        }
        await reading.WaitAsync(Patience);
        return (process.ExitCode, Said);
    }

    public static async Task<(int Exit, string Said)> RunAsync(string folder, params IEnumerable<string> arguments)
    {
        await using var node = Start(folder, arguments);
        return await node.EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    async Task ReadAsync()
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            TaskCompletionSource was;
            lock (gate)
            {
                said.Append(line).Append('\n');
                (was, heard) = (heard, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            was.TrySetResult();
        }
        await process.WaitForExitAsync();
    }
}
