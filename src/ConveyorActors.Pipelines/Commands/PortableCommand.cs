using System.ComponentModel;
using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Runs a shell command on systems without posix_spawn: with .NET's own processes, under cmd.exe on Windows.
/// </summary>
static class PortableCommand
{
    /// <summary>The maximum time to wait for the end of the other pipes after everything else has ended.</summary>
    static readonly TimeSpan PipeGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>The maximum time that a killed process may take to end.</summary>
    static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">The command cannot be started.</exception>
    public static async Task<CommandExit> RunAsync(
        string command,
        Action<Stream> input,
        ResultLines results,
        ErrorTail errors,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        var mark = ProcessTree.CreateMark();
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
        var stdin = process.StandardInput.BaseStream;
        // All three run at the same time: a command may write before, during or without reading.
        var writing = Task.Factory.StartNew(
            () => Write(stdin, input),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        var failing = errors.ReadAsync(process.StandardError.BaseStream, over.Token);
        try
        {
            // On Windows a read that has begun cannot be cancelled, so the wait for it is.
            var reading = results.ReadAsync(process.StandardOutput.BaseStream, over.Token);
            if (!await reading.WaitAsync(over.Token).ConfigureAwait(false))
                return new(ExitKind.Flooded);
            await process.WaitForExitAsync(over.Token).ConfigureAwait(false);
            await Task.WhenAny(failing, Task.Delay(PipeGrace, clock, over.Token)).ConfigureAwait(false);
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
            await WaitForExitAsync(process, clock).ConfigureAwait(false);
            // A process that the command left in the background may keep the pipes open.
            await Task.WhenAny(Task.WhenAll(writing, failing), Task.Delay(PipeGrace, clock, CancellationToken.None))
                .ConfigureAwait(false);
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
            start.FileName = WindowsShell.Path;
            start.Arguments = WindowsShell.FormatArguments(command);
            // As elsewhere, Ctrl-C stops the run and not its commands.
            start.CreateNewProcessGroup = true;
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
    /// Writes the input. Never fails: a command may close its input at any time, and its exit code shows whether it
    /// succeeded.
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
            // The command has closed its input or ended.
        }
    }

    /// <summary>
    /// Waits until the process has ended, so that no command is left running while the next one starts.
    /// </summary>
    static async ValueTask WaitForExitAsync(Process process, TimeProvider clock)
    {
        using var timeout = new CancellationTokenSource(DeathGrace, clock);
        try
        {
            await process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The process hangs in the kernel and ends when it returns from there.
        }
    }
}
