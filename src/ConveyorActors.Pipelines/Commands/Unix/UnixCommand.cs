using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// Runs a shell command from its start to its end on one thread, which waits for all that can happen at once.
/// </summary>
[UnsupportedOSPlatform("windows")]
static class UnixCommand
{
    /// <summary>How many milliseconds a command that was killed may take to be gone.</summary>
    const int DeathGrace = 5_000;

    /// <exception cref="IOException">It cannot be started.</exception>
    public static Task<CommandExit> RunAsync(
        string command,
        Action<Stream> input,
        ResultLines results,
        ErrorTail errors,
        CancellationToken stop
    ) =>
        Task.Factory.StartNew(
            () => Run(command, input, results, errors, stop),
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );

    static CommandExit Run(
        string command,
        Action<Stream> input,
        ResultLines results,
        ErrorTail errors,
        CancellationToken stop
    )
    {
        var (group, output) = Start(command, input, errors);
        using (output)
        {
            var kind = ExitKind.Stopped;
            try
            {
                using var stopping = stop.Register(output.Stop);
                // Never waits but for the output, so it is over when it returns.
                if (!results.ReadAsync(output, CancellationToken.None).GetAwaiter().GetResult())
                    kind = ExitKind.Flooded;
                else
                {
                    output.WaitForEnd();
                    kind = output.IsCutOff ? ExitKind.StillWritten : ExitKind.Exited;
                }
            }
            catch (OperationCanceledException)
            {
                // Its time is up, or the run is over.
            }
            finally
            {
                if (!output.HasEnded)
                    group.KillWithStragglers();
            }
            if (!output.WaitUntilGone(DeathGrace))
            {
                // It hangs in the kernel; it has been told.
                _ = Task.Factory.StartNew(
                    group.Reap,
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                );
                return new(kind);
            }
            return group.Reap() is { } code ? new(kind, code) : new(kind == ExitKind.Exited ? ExitKind.Unknown : kind);
        }
    }

    static (CommandGroup Group, CommandOutput Output) Start(string command, Action<Stream> input, ErrorTail errors)
    {
        using var file = InputFile.Create(input);
        var (outputRead, outputWrite) = LibC.Pipe();
        var (errorRead, errorWrite) = (-1, -1);
        try
        {
            (errorRead, errorWrite) = LibC.Pipe();
            var group = CommandGroup.Start(command, (int)file.DangerousGetHandle(), outputWrite, errorWrite);
            return (group, new CommandOutput(group, outputRead, errorRead, errors));
        }
        catch
        {
            _ = LibC.Close(outputRead);
            _ = LibC.Close(errorRead);
            throw;
        }
        finally
        {
            _ = LibC.Close(outputWrite);
            _ = LibC.Close(errorWrite);
        }
    }
}
