using System.ComponentModel;
using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Runs a shell command on systems without posix_spawn: with .NET's own processes, under cmd.exe on Windows.
/// </summary>
static class PortableCommand
{
    /// <summary>The maximum time to wait for the end of standard error after everything else has ended.</summary>
    static readonly TimeSpan ErrorGrace = TimeSpan.FromMilliseconds(200);

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
        // All three run at the same time: a command may write before, during or without reading.
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
            await WaitForExitAsync(process, clock).ConfigureAwait(false);
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
        using var patience = new CancellationTokenSource(DeathGrace, clock);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The process hangs in the kernel and ends when it returns from there.
        }
    }
}
