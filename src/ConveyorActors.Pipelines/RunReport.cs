using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines;

/// <summary>Specifies how a run ended.</summary>
public enum RunOutcome
{
    /// <summary>Every line was processed and written.</summary>
    AllSettled,

    /// <summary>
    /// Everything is settled, but some lines are dead letters or were dropped, or the data directory has lost some.
    /// </summary>
    SomeLost,

    /// <summary>The user stopped the run.</summary>
    Interrupted,

    /// <summary>
    /// The run could not continue, for example because the sink's disk is full or a source could not be read;
    /// <see cref="RunReport.Error"/> has the reason.
    /// </summary>
    Failed,

    /// <summary>Standard output was closed by its reader (as <c>head</c> does). This is not an error.</summary>
    OutputClosed,
}

/// <summary>The result of a run.</summary>
/// <param name="Outcome">The way the run ended.</param>
/// <param name="Error">
/// The error that ended the run, in one sentence that names the thing; null if there was none.
/// </param>
/// <param name="Progress">The progress at the end of the run.</param>
/// <param name="Elapsed">The duration of the run.</param>
/// <param name="Warnings">
/// Warnings for the user, such as lines that were too long, with file and line number; at most 100, then a count.
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
    /// Gets whether everything was written to the data directory. False: the last work could not be written, and the
    /// next run repeats it.
    /// </summary>
    public bool IsKept { get; init; } = true;

    /// <summary>
    /// Gets the number of lost lines in the counts of <see cref="Progress"/> that earlier runs with the same data
    /// directory had lost.
    /// </summary>
    public long LostBefore { get; init; }

    /// <summary>
    /// Gets whether data in the data directory cannot be read, which no earlier run has reported: lines that it had kept
    /// may be missing. Such a run does not end with <see cref="RunOutcome.AllSettled"/>.
    /// </summary>
    public bool IsDamaged { get; init; }

    /// <summary>
    /// Gets the number of lines kept in the data directory that cannot be read, without those that earlier runs have
    /// reported.
    /// </summary>
    public long Damaged { get; init; }

    /// <summary>
    /// Gets the number of dead letters in the counts of <see cref="Progress"/> that are from earlier runs with the same
    /// data directory.
    /// </summary>
    public long DeadLettersBefore { get; init; }

    /// <summary>
    /// Gets the number of dead letters, those of earlier runs included, that this run could not write to its file.
    /// </summary>
    public long DeadLettersUnwritten { get; init; }

    /// <summary>Gets the number of dead letters that this run wrote to its file.</summary>
    public long DeadLettersWritten { get; init; }

    /// <summary>
    /// Gets how many of <see cref="DeadLettersWritten"/> came from earlier runs, which had written them to no file.
    /// </summary>
    public long DeadLettersOfEarlierRuns { get; init; }

    /// <summary>Gets whether the sink is a file whose content from before the run is unchanged.</summary>
    public bool IsSinkUntouched { get; init; }

    /// <summary>
    /// Gets the length of the sink's file in bytes, including bytes written by earlier runs; null if the sink is not a
    /// file or its length cannot be read.
    /// </summary>
    public long? SinkLength { get; init; }
}

/// <summary>The progress of a run.</summary>
/// <param name="Snapshot">A snapshot of the buffers, taken at one moment.</param>
/// <param name="Sources">The reading progress of each source.</param>
/// <param name="LinesRead">The number of lines read from all sources so far.</param>
/// <param name="LinesWritten">The number of lines written to the sink so far.</param>
/// <param name="LinesTooLong">
/// The number of lines that were longer than the limit; they are dead letters that were never offered to a buffer.
/// </param>
/// <param name="Elapsed">The time since the start.</param>
public sealed record RunProgress(
    PipelineSnapshot Snapshot,
    IReadOnlyList<SourceProgress> Sources,
    long LinesRead,
    long LinesWritten,
    long LinesTooLong,
    TimeSpan Elapsed
)
{
    /// <summary>Gets lines that successful commands wrote to standard error.</summary>
    public IReadOnlyList<CommandRemark> Remarks { get; init; } = [];

    /// <summary>Gets sentences about settings that are probably not what the user meant.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];

    /// <summary>Gets the missing ends of named pipes that the run waits for, in words: "a writer of p1".</summary>
    public IReadOnlyList<string> WaitingFor { get; init; } = [];

    /// <summary>Gets the number of commands that each stage has started, in the order of the stages.</summary>
    public IReadOnlyList<StageCommands> Commands { get; init; } = [];

    /// <summary>Gets the stages that are paused now because they fail as a whole.</summary>
    public IReadOnlyList<StagePause> Paused { get; init; } = [];
}

/// <summary>A line that commands of a stage wrote to standard error although they succeeded.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Text">The line, made safe to show; empty: all lines with texts that are not kept one by one.</param>
/// <param name="Count">The number of times the line was written.</param>
public sealed record CommandRemark(string Stage, string Text, long Count);

/// <summary>Counts the commands of a stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Started">The number of commands started, retries included.</param>
/// <param name="LinesGiven">
/// The number of lines given to the commands; a line is counted again for each command that gets it.
/// </param>
public sealed record StageCommands(string Stage, long Started, long LinesGiven);

/// <summary>A stage that is paused because it fails as a whole; it continues by itself once a line succeeds.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Error">The error of its command.</param>
public sealed record StagePause(string Stage, string Error);

/// <summary>The reading progress of a source.</summary>
/// <param name="Name">The source's name.</param>
/// <param name="BytesRead">The number of bytes read.</param>
/// <param name="BytesTotal">The source's size in bytes; null if it is not known.</param>
/// <param name="LinesRead">The number of lines read.</param>
/// <param name="AtEnd">Whether there is nothing more to read.</param>
public sealed record SourceProgress(string Name, long BytesRead, long? BytesTotal, long LinesRead, bool AtEnd)
{
    /// <summary>
    /// Gets the bytes of the lines that the buffers have accepted. Default: the bytes of all lines read.
    /// </summary>
    public long BytesTaken { get; init; } = BytesRead;
}
