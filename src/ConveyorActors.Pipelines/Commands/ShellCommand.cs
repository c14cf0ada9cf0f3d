using ConveyorActors.Pipelines.Commands.Unix;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Gives lines to a stage's command and collects its results.</summary>
sealed class ShellCommand(
    StageDefinition stage,
    TimeProvider clock,
    CommandRemarks? remarks = null,
    byte lineEnd = LineReader.Newline
)
{
    /// <summary>
    /// Runs the command on these lines until it ends, times out, or <paramref name="kill"/> is cancelled.
    /// </summary>
    public Task<CommandResult> RunAsync(
        ReadOnlyMemory<ConveyorRecord> lines,
        CancellationToken kill,
        CommandHeader? header = null
    ) => RunAsync(lines, header ?? CommandHeader.None, isProbe: false, kill);

    /// <summary>Runs the command on a header alone. The results are the lines it writes for the header.</summary>
    public Task<CommandResult> ProbeAsync(HeaderLines header, CancellationToken kill) =>
        RunAsync(default, new(header, HeaderLines.None), isProbe: true, kill);

    async Task<CommandResult> RunAsync(
        ReadOnlyMemory<ConveyorRecord> lines,
        CommandHeader header,
        bool isProbe,
        CancellationToken kill
    )
    {
        using var outOfTime = stage.Timeout is { } timeout
            ? new CancellationTokenSource(timeout, clock)
            : new CancellationTokenSource();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(kill, outOfTime.Token);
        var results = new ResultLines(lineEnd, stage.MaxResults, lines.Length);
        var errors = new ErrorTail();
        void WriteInput(Stream input) => CommandInput.Write(input, lines.Span, lineEnd, header.Given);
        CommandExit exit;
        try
        {
            exit = await (
                OperatingSystem.IsWindows()
                    ? PortableCommand.RunAsync(stage.Command, WriteInput, results, errors, clock, over.Token)
                    : UnixCommand.RunAsync(stage.Command, WriteInput, results, errors, over.Token)
            ).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return new(CommandEnd.CannotRun, 0, e.Message, default);
        }
        catch (OperationCanceledException)
        {
            return Killed;
        }
        if (exit.Kind == ExitKind.Exited && !isProbe)
        {
            var taken = header.RemoveFrom(results.Records, out var passes);
            return CreateEndedResult(exit.Code, errors, taken, lines.Length) with { PassesHeader = passes };
        }
        return exit.Kind switch
        {
            ExitKind.Exited => CreateEndedResult(exit.Code, errors, results.Records, null),
            ExitKind.Stopped when kill.IsCancellationRequested => Killed,
            _ => CreateUnfinishedResult(exit, lines.Length),
        };
    }

    /// <summary>
    /// Returns the result of a command that was killed, or whose output or exit code is not complete.
    /// </summary>
    CommandResult CreateUnfinishedResult(CommandExit exit, int given) =>
        exit.Kind switch
        {
            ExitKind.Stopped => new(
                CommandEnd.TimedOut,
                0,
                $"timed out after {FormatSeconds(stage.Timeout!.Value)}",
                default
            ),
            ExitKind.Flooded => new(
                CommandEnd.Failed,
                0,
                $"it wrote more than {FormatSize(stage.MaxResults)} for {FormatLines(given)}; --max-results sets how much it may write",
                default
            ),
            ExitKind.StillWritten => new(
                CommandEnd.Failed,
                exit.Code,
                "a process that it left in the background continued to write results",
                default
            ),
            _ => new(CommandEnd.Failed, 0, "its exit code was taken by another part of the process", default),
        };

    internal static CommandResult Killed => new(CommandEnd.Killed, 0, "killed because the run has ended", default);

    CommandResult CreateEndedResult(int code, ErrorTail errors, ReadOnlyMemory<ConveyorRecord> results, int? given)
    {
        var lastError = errors.GetLastLine();
        if (stage.OkExitCodes.Contains(code))
        {
            if (given is null)
                return new(CommandEnd.Done, code, "", results);
            if (stage.OneToOne && results.Length != given)
                return new(
                    CommandEnd.Failed,
                    code,
                    $"it wrote {FormatLines(results.Length)} for {FormatLines(given.Value)}, but must write one for each{(lastError.Length == 0 ? "" : $": {lastError}")}",
                    default
                );
            remarks?.Add(stage.Name, errors.Said);
            return new(CommandEnd.Done, code, "", results);
        }
        return new(CommandEnd.Failed, code, FormatExit(code, lastError), default);
    }

    /// <summary>Describes a failure by the exit code and the last message of the command.</summary>
    internal static string FormatExit(int code, string message) =>
        message.Length == 0 ? $"exit {code}" : $"exit {code}: {message}";

    internal static string FormatLines(int count) => count == 1 ? "one line" : $"{count} lines";

    internal static string FormatSize(long bytes) => Quantity.FormatSize(bytes);

    internal static string FormatSeconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");
}
