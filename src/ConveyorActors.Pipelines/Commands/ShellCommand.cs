using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Gives lines to a stage's command and collects what it makes of them.</summary>
sealed class ShellCommand(StageDefinition stage, TimeProvider clock)
{
    const int NotExecutable = 126, NotFound = 127;

    /// <summary>How long the end of standard error is waited for once all else has ended.</summary>
    static readonly TimeSpan ErrorGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a process that was killed may take to be gone.</summary>
    static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);

    /// <summary>Set once the command was done with some lines: then it exists, and what cannot be found later is its lines' doing.</summary>
    volatile bool hasRun;

    /// <summary>Runs the command on these lines, until it ends, its time is up or <paramref name="kill"/> is cancelled.</summary>
    public async Task<CommandResult> RunAsync(ReadOnlyMemory<BufferedRecord<ConveyorRecord>> lines, CancellationToken kill)
    {
        var mark = Guid.NewGuid().ToString("N");
        using var process = new Process { StartInfo = StartInfo(mark) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new(CommandEnd.CannotRun, 0, $"the shell {process.StartInfo.FileName} cannot be started: {e.Message}", default);
        }

        using var outOfTime = stage.Timeout is { } timeout ? new CancellationTokenSource(timeout, clock) : new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill, outOfTime.Token);
        var results = new ResultLines();
        var errors = new ErrorTail();
        // All three at once: a command may write before, while or without reading.
        var writing = WriteAsync(process.StandardInput.BaseStream, lines, over.Token);
        var failing = errors.ReadAsync(process.StandardError.BaseStream, over.Token);
        try
        {
            if (!await results.ReadAsync(process.StandardOutput.BaseStream, over.Token).ConfigureAwait(false))
                return new(CommandEnd.Failed, 0, $"it wrote more than {ResultLines.MaxBytes >> 20} MiB for {Lines(lines.Length)}", default);
            await process.WaitForExitAsync(over.Token).ConfigureAwait(false);
            await Task.WhenAny(failing, Task.Delay(ErrorGrace, clock, over.Token)).ConfigureAwait(false);
            return Ended(process.ExitCode, errors.LastLine(), results.Records);
        }
        catch (OperationCanceledException)
        {
            return kill.IsCancellationRequested
                ? new(CommandEnd.Killed, 0, "killed, as the run is over", default)
                : new(CommandEnd.TimedOut, 0, $"timed out after {Seconds(stage.Timeout!.Value)}", default);
        }
        finally
        {
            if (!process.HasExited || over.IsCancellationRequested) ProcessTree.Kill(process, mark);
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(writing, failing).ConfigureAwait(false);
            await GoneAsync(process).ConfigureAwait(false);
        }
    }

    CommandResult Ended(int code, string lastError, ReadOnlyMemory<ConveyorRecord> results)
    {
        if (stage.OkExitCodes.Contains(code))
        {
            hasRun = true;
            return new(CommandEnd.Done, code, "", results);
        }
        var says = lastError.Length == 0 ? "" : $": {lastError}";
        return code switch
        {
            NotFound when !hasRun => new(CommandEnd.CannotRun, code, $"command not found{says}", default),
            NotExecutable when !hasRun => new(CommandEnd.CannotRun, code, $"command cannot be executed{says}", default),
            _ => new(CommandEnd.Failed, code, $"exit {code}{says}", default),
        };
    }

    ProcessStartInfo StartInfo(string mark)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (OperatingSystem.IsWindows())
        {
            start.FileName = "cmd.exe";
            start.Arguments = $"/d /s /c \"{stage.Command}\"";
        }
        else
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(stage.Command);
        }
        start.Environment[ProcessTree.Mark] = mark;
        return start;
    }

    /// <summary>Never fails: a command may close its input whenever it likes, and its exit code says whether it is content.</summary>
    static async Task WriteAsync(Stream input, ReadOnlyMemory<BufferedRecord<ConveyorRecord>> lines, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        var length = 0;
        try
        {
            for (var i = 0; i < lines.Length; i++)
            {
                var line = lines.Span[i].Record.Payload;
                if (line.Length + 1 > buffer.Length - length)
                {
                    await input.WriteAsync(buffer.AsMemory(0, length), cancellation).ConfigureAwait(false);
                    length = 0;
                }
                if (line.Length + 1 > buffer.Length) await input.WriteAsync(line, cancellation).ConfigureAwait(false);
                else
                {
                    line.CopyTo(buffer.AsMemory(length));
                    length += line.Length;
                }
                buffer[length++] = (byte)'\n';
            }
            await input.WriteAsync(buffer.AsMemory(0, length), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It closed its input, or it is over.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await CloseAsync(input).ConfigureAwait(false);
        }
    }

    static async ValueTask CloseAsync(Stream input)
    {
        try
        {
            await input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Likewise.
        }
    }

    /// <summary>No command is left behind while the next one starts.</summary>
    async ValueTask GoneAsync(Process process)
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

    static string Lines(int count) => count == 1 ? "one line" : $"{count} lines";

    static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");
}
