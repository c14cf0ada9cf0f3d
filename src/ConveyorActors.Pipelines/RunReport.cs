using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>Every line went through.</summary>
    AllSettled,

    /// <summary>Everything is settled, but some lines are dead letters or were dropped.</summary>
    SomeLost,

    /// <summary>The user stopped it.</summary>
    Interrupted,

    /// <summary>
    /// It could not go on (the sink's disk is full, a source could not be read on, ...); <see cref="RunReport.Error"/>
    /// says why.
    /// </summary>
    Failed,

    /// <summary>The reader of standard output went away (| head): not an error, the rest was not wanted.</summary>
    OutputClosed,
}

/// <summary>The end of a run in numbers.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Error">What stopped it, in one sentence that names the thing; null when nothing did.</param>
/// <param name="Progress">The last progress.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Warnings">
/// What the user should know: lines too long with file and line number, and the like; at most 100, then a count.
/// </param>
public sealed record RunReport(
    RunOutcome Outcome,
    string? Error,
    RunProgress Progress,
    TimeSpan Elapsed,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>
    /// False when what was done last could not be written to the data directory: the next run will do it again.
    /// </summary>
    public bool IsKept { get; init; } = true;

    /// <summary>
    /// Lines that had not gone through before this run began, in the counts of <see cref="Progress"/>: those of earlier
    /// runs with the same data directory.
    /// </summary>
    public long LostBefore { get; init; }

    /// <summary>Dead letters that this run wrote to its file.</summary>
    public long DeadLettersWritten { get; init; }

    /// <summary>Gets how many of those had been kept by earlier runs and were in no file yet.</summary>
    public long DeadLettersOfEarlierRuns { get; init; }

    /// <summary>Gets whether the sink is a file that still has what was in it before the run.</summary>
    public bool IsSinkUntouched { get; init; }

    /// <summary>
    /// Gets how many bytes are in the sink's file, whichever run wrote them; null where the sink is not a file, or its
    /// length cannot be read.
    /// </summary>
    public long? SinkLength { get; init; }
}

/// <summary>Where a run is.</summary>
/// <param name="Snapshot">The buffers, at one moment.</param>
/// <param name="Sources">Each source's reading.</param>
/// <param name="LinesRead">Lines read from all sources so far.</param>
/// <param name="LinesWritten">Lines written to the sink so far.</param>
/// <param name="LinesTooLong">
/// Lines that were longer than the limit; they are dead letters that were never offered to a buffer.
/// </param>
/// <param name="Elapsed">Time since the start.</param>
public sealed record RunProgress(
    PipelineSnapshot Snapshot,
    IReadOnlyList<SourceProgress> Sources,
    long LinesRead,
    long LinesWritten,
    long LinesTooLong,
    TimeSpan Elapsed
)
{
    /// <summary>Gets what commands that were done wrote on standard error.</summary>
    public IReadOnlyList<CommandRemark> Remarks { get; init; } = [];

    /// <summary>The other ends of named pipes that nobody has opened yet, in words: "a writer of p1".</summary>
    public IReadOnlyList<string> WaitingFor { get; init; } = [];

    /// <summary>Gets how many commands each stage has started, in the order of the stages.</summary>
    public IReadOnlyList<StageCommands> Commands { get; init; } = [];

    /// <summary>The stages that are paused now, because they fail as a whole.</summary>
    public IReadOnlyList<StagePause> Paused { get; init; } = [];
}

/// <summary>A line that commands of a stage wrote on standard error although they were done.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Text">The line, fit to be shown; empty: lines with other texts than those that are kept.</param>
/// <param name="Count">How often it was written.</param>
public sealed record CommandRemark(string Stage, string Text, long Count);

/// <summary>The commands of a stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Started">How many were started, retries included.</param>
/// <param name="LinesGiven">How many lines they were given, counted again for each command that got them.</param>
public sealed record StageCommands(string Stage, long Started, long LinesGiven);

/// <summary>A stage that is paused because it fails as a whole; it continues by itself once a line succeeds.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Error">The error of its command.</param>
public sealed record StagePause(string Stage, string Error);

/// <summary>How far a source has been read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BytesRead">Bytes read.</param>
/// <param name="BytesTotal">Its size when it is known.</param>
/// <param name="LinesRead">Lines read.</param>
/// <param name="AtEnd">True when there is nothing more to read.</param>
public sealed record SourceProgress(string Name, long BytesRead, long? BytesTotal, long LinesRead, bool AtEnd)
{
    /// <summary>Bytes of the lines that the buffers have accepted. Default: of all lines read.</summary>
    public long BytesTaken { get; init; } = BytesRead;
}
