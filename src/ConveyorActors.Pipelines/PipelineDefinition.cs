using ConveyorActors.Buffers;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines;

/// <summary>What to run: sources of lines, the stages they go through in order, and where they end.</summary>
/// <remarks>Immutable and already checked: <see cref="PipelineRunner"/> runs it as it is.</remarks>
public sealed record PipelineDefinition
{
    /// <summary>The pipeline's name. Default "run".</summary>
    public string Name { get; init; } = "run";

    /// <summary>Names are unique.</summary>
    public required IReadOnlyList<SourceDefinition> Sources { get; init; }

    /// <summary>In order; names are unique; may be empty (lines go straight to the sink).</summary>
    public required IReadOnlyList<StageDefinition> Stages { get; init; }

    /// <summary>Gets where results go.</summary>
    public SinkDefinition Sink { get; init; } = new("-");

    /// <summary>The limits.</summary>
    public BufferSettings Limits { get; init; } = new();

    /// <summary>A file that gets every dead letter as a line of JSON; null: they are counted and shown only.</summary>
    public string? DeadLetterPath { get; init; }

    /// <summary>The longest line in bytes, its end not counted. Default 1 MiB; from 1.</summary>
    public int MaxLine { get; init; } = 1 << 20;

    /// <summary>
    /// Lines end with NUL instead of \n, in sources, between stages and in the sink: then a line may have any other
    /// byte in it. Default: \n.
    /// </summary>
    public bool NullTerminated { get; init; }

    /// <summary>
    /// The first line of each source is its header: every batch of the first stage gets it first, every batch of the
    /// next what the first stage's command makes of it, and the sink has what the last one makes of it once, at its
    /// beginning. Default false.
    /// </summary>
    public bool HasHeader { get; init; }

    /// <summary>
    /// What to do with a last line that has no end. Default: <see cref="LastLineMode.Take"/>, and Keep where the run
    /// has a data directory.
    /// </summary>
    public LastLineMode? LastLine { get; init; }

    /// <summary>
    /// Go on where an earlier run stopped although something is not as it was then: a source is another file now (it is
    /// read from its beginning), or the stages are others. Default: the run is refused.
    /// </summary>
    public bool AcceptChanges { get; init; }

    /// <summary>
    /// Keep each source's order through stages with several workers. With one worker it is kept anyway.
    /// </summary>
    public bool KeepOrder { get; init; }

    /// <summary>
    /// How long a batch may be held without a sign of life. It is renewed while its command runs, so this matters only
    /// when the whole process is halted (Ctrl-Z) or dies. Default 1 day; from 3 ms.
    /// </summary>
    public TimeSpan LeaseTimeout { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Gets how long a stop waits for commands that are running before it kills them. Default 10 s.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Patterns whose new matches become sources while this runs. Default: none.</summary>
    internal IReadOnlyList<FollowedPattern> Patterns { get; init; } = [];

    /// <summary>Gets whether a source is followed: then the run goes on until it is stopped.</summary>
    internal bool Follows => Patterns.Count > 0 || Sources.Any(s => s.Follow);

    /// <summary>Files that have another use while this runs, and so must be none of its own.</summary>
    internal IReadOnlyList<FileRole> OtherFiles { get; init; } = [];
}

/// <summary>What becomes of the last line of a source that is a file, when it has no end.</summary>
public enum LastLineMode
{
    /// <summary>It is a line like the others.</summary>
    Take,

    /// <summary>It may not be whole yet, and stays in the file: the run that finds its end reads it.</summary>
    Keep,
}

/// <summary>Where lines come from.</summary>
/// <param name="Name">The source's name; by default its path ("stdin" for -).</param>
/// <param name="Path">A file, or - for standard input.</param>
public sealed record SourceDefinition(string Name, string Path)
{
    /// <summary>
    /// The file is read as it grows, through rotation by renaming and by copying and truncating, until the run is
    /// stopped. Only for files, not for compressed ones, and only on Linux. Default false.
    /// </summary>
    public bool Follow { get; init; }

    /// <summary>
    /// True for a file that a pattern matched: it may be gone when it is opened, and a file that another source follows
    /// is left to that source.
    /// </summary>
    internal bool IsMatch { get; init; }
}

/// <summary>Where results go.</summary>
/// <param name="Path">A file, or - for standard output.</param>
public sealed record SinkDefinition(string Path);

/// <summary>
/// A shell command that reads a batch of lines on standard input and writes result lines on standard output.
/// </summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Command">Given to /bin/sh -c (cmd.exe /c on Windows).</param>
public sealed record StageDefinition(string Name, string Command)
{
    /// <summary>Gets how many commands run at the same time. Default: the number of cores; from 1.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Lines given to one command at most; from 1 to 1,000,000. Default null: few at first, and more as long as
    /// commands take less than 100 ms and get less than 1 MiB.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// Gets how often a line that fails alone is tried again before it is a dead letter. Default 3; from 0.
    /// </summary>
    public int Retries { get; init; } = 3;

    /// <summary>
    /// How long one command may take; then it is killed with its children, and the batch has failed. Null: for ever.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Bytes that one command may write for its batch, 24 for each line counted in; more fails the batch, because its
    /// results are held until it is done. Default 64 MiB; from 1.
    /// </summary>
    public long MaxResults { get; init; } = 64L << 20;

    /// <summary>The exit codes that mean done. Default: 0.</summary>
    public IReadOnlyList<int> OkExitCodes { get; init; } = [0];

    /// <summary>
    /// A batch has failed when its command did not write exactly one line for each line that it was given. Default
    /// false.
    /// </summary>
    public bool OneToOne { get; init; }

    /// <summary>
    /// The command stays: it is started once for each worker, is given one line after the other, and writes exactly one
    /// line for each at once. <see cref="Timeout"/> is then how long the oldest line without a reply may wait, and
    /// <see cref="OneToOne"/> is implied. Not on Windows. Default false.
    /// </summary>
    public bool IsPersistent { get; init; }

    /// <summary>Gets what the stage does when it is full. Default Wait.</summary>
    public FullMode FullMode { get; init; } = FullMode.Wait;

    /// <summary>Gets what happens when the stage fails as a whole. Default Pause.</summary>
    public StageFailureMode OnStageFailure { get; init; }

    /// <summary>Gets how long a failing line waits before it is tried again.</summary>
    public BackoffSettings Backoff { get; init; } = new();
}
