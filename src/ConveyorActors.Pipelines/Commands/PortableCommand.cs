using System.ComponentModel;
using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Runs a shell command where there is no posix_spawn: with .NET's own processes, under cmd.exe on Windows.
/// </summary>
static class PortableCommand
{
    /// <summary>How long the end of standard error is waited for once all else has ended.</summary>
    static readonly TimeSpan ErrorGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a process that was killed may take to be gone.</summary>
    static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<CommandExit> RunAsync(
        string command,
        Action<Stream> input,
        ResultLines results,
        ErrorTail errors,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        var mark = ProcessTree.NewMark();
        using var process = new Process { StartInfo = StartInfo(command, mark) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new IOException($"the shell {process.StartInfo.FileName} cannot be started: {e.Message}", e);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // All three at once: a command may write before, while or without reading.
        var writing = Task.Factory.StartNew(
            () => Write(process.StandardInput.BaseStream, input),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        var failing = errors.ReadAsync(process.StandardError.BaseStream, over.Token);
        try
        {
            if (!await results.ReadAsync(process.StandardOutput.BaseStream, over.Token).ConfigureAwait(false))
                return new(ExitKind.Flooded);
            await process.WaitForExitAsync(over.Token).ConfigureAwait(false);
            await Task.WhenAny(failing, Task.Delay(ErrorGrace, clock, over.Token)).ConfigureAwait(false);
            return new(ExitKind.Exited, process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return new(ExitKind.Stopped);
        }
        finally
        {
            if (!process.HasExited || over.IsCancellationRequested)
                ProcessTree.Kill(process, mark);
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(writing, failing).ConfigureAwait(false);
            await GoneAsync(process, clock).ConfigureAwait(false);
        }
    }

    static ProcessStartInfo StartInfo(string command, string mark)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (OperatingSystem.IsWindows())
        {
            start.FileName = "cmd.exe";
            start.Arguments = $"/d /s /c \"{command}\"";
        }
        else
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(command);
        }
        start.Environment[ProcessTree.Mark] = mark;
        return start;
    }

    /// <summary>
    /// Never fails: a command may close its input whenever it likes, and its exit code says whether it is content.
    /// </summary>
    static void Write(Stream stream, Action<Stream> input)
    {
        try
        {
            using (stream)
                input(stream);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It closed its input, or it is over.
        }
    }

    /// <summary>No command is left behind while the next one starts.</summary>
    static async ValueTask GoneAsync(Process process, TimeProvider clock)
    {
        using var patience = new CancellationTokenSource(DeathGrace, clock);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It hangs in the kernel; it has been told.
        }
    }
}
