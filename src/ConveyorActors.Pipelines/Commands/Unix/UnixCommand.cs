using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>Runs a shell command from start to end on one thread, which waits for all of its events at once.</summary>
[UnsupportedOSPlatform("windows")]
static class UnixCommand
{
    /// <summary>The maximum time, in milliseconds, that a killed command may take to end.</summary>
    const int DeathGrace = 5_000;

    /// <exception cref="IOException">The command cannot be started.</exception>
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
                // ReadAsync waits only for the output, which is read synchronously, so its task has completed here.
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
                // The command timed out, or the run has ended.
            }
            finally
            {
                if (!output.HasEnded)
                    group.KillWithStragglers();
            }
            if (!output.WaitForEnd(DeathGrace))
            {
                // The process hangs in the kernel and ends when it returns from there.
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
        var (outputRead, outputWrite) = LibC.CreatePipe();
        var (errorRead, errorWrite) = (-1, -1);
        try
        {
            (errorRead, errorWrite) = LibC.CreatePipe();
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
