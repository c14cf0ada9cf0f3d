using ConveyorActors.Buffers;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines;

/// <summary>
/// The definition of a pipeline: the sources of lines, the stages that lines pass through in order, and the sink.
/// </summary>
/// <remarks>Immutable. <see cref="PipelineRunner"/> expects a definition whose values have been checked.</remarks>
public sealed record PipelineDefinition
{
    /// <summary>Gets the pipeline's name. Default "run".</summary>
    public string Name { get; init; } = "run";

    /// <summary>Gets the sources. Their names must be unique.</summary>
    public required IReadOnlyList<SourceDefinition> Sources { get; init; }

    /// <summary>
    /// Gets the stages in order. Their names must be unique. May be empty; lines then go straight to the sink.
    /// </summary>
    public required IReadOnlyList<StageDefinition> Stages { get; init; }

    /// <summary>Gets the sink for the results. Default: standard output.</summary>
    public SinkDefinition Sink { get; init; } = new("-");

    /// <summary>Gets the limits of the buffers.</summary>
    public BufferSettings Limits { get; init; } = new();

    /// <summary>
    /// Gets the path of a file to which every dead letter is written as a line of JSON; null: dead letters are only
    /// counted and shown.
    /// </summary>
    public string? DeadLetterPath { get; init; }

    /// <summary>Maximum bytes of a line without its line end. Default 1 MiB; from 1.</summary>
    public int MaxLine { get; init; } = 1 << 20;

    /// <summary>
    /// Gets whether lines end with NUL instead of \n in sources, between stages and in the sink, so that a line may
    /// contain any other byte. Default false.
    /// </summary>
    public bool NullTerminated { get; init; }

    /// <summary>
    /// Gets whether the first line of each source is its header. Every batch of the first stage begins with the header,
    /// every batch of a later stage with what the previous stage's command makes of it, and the sink has what the last
    /// command makes of it once, at its beginning. Default false.
    /// </summary>
    public bool HasHeader { get; init; }

    /// <summary>
    /// Gets how a last line without a line end is treated. Default null: <see cref="LastLineMode.Keep"/> if the run has
    /// a data directory, otherwise <see cref="LastLineMode.Take"/>.
    /// </summary>
    public LastLineMode? LastLine { get; init; }

    /// <summary>
    /// Gets whether the run continues where an earlier run stopped even if something has changed: a source is another
    /// file now (it is read from its beginning), or the stages differ. Default false: the run is refused.
    /// </summary>
    public bool AcceptChanges { get; init; }

    /// <summary>
    /// Gets whether each source's order is kept through stages with several workers. With one worker it is always kept.
    /// Default false.
    /// </summary>
    public bool KeepOrder { get; init; }

    /// <summary>
    /// Gets how long a lease may go without being renewed. A lease is renewed while its command runs, so the timeout
    /// matters only if the whole process is halted (Ctrl-Z) or dies. Default 1 day; from 3 ms to 40 days.
    /// </summary>
    public TimeSpan LeaseTimeout { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets how long a stop waits for running commands before it kills them. Default 10 s; at most 40 days.
    /// </summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the patterns whose new matches become sources during the run. Default: none.</summary>
    internal IReadOnlyList<FollowedPattern> Patterns { get; init; } = [];

    /// <summary>Gets whether any source is followed. The run then continues until it is stopped.</summary>
    internal bool Follows => Patterns.Count > 0 || Sources.Any(s => s.Follow);

    /// <summary>
    /// Gets the files that have another use during the run; the pipeline must not use them. Default: none.
    /// </summary>
    internal IReadOnlyList<FileRole> OtherFiles { get; init; } = [];
}

/// <summary>Specifies how the last line of a source file is treated if it has no line end.</summary>
public enum LastLineMode
{
    /// <summary>The line is taken like any other.</summary>
    Take,

    /// <summary>
    /// The line may be incomplete and stays in the file; a later run that finds its line end reads it.
    /// </summary>
    Keep,
}

/// <summary>A source of lines.</summary>
/// <param name="Name">The source's name, usually its path ("stdin" for -).</param>
/// <param name="Path">The path of a file, or - for standard input.</param>
public sealed record SourceDefinition(string Name, string Path)
{
    /// <summary>
    /// Gets whether the file is read as it grows, through rotation by renaming or by copying and truncating, until the
    /// run is stopped. Only for uncompressed files, and only on Linux. Default false.
    /// </summary>
    public bool Follow { get; init; }

    /// <summary>
    /// Gets whether the file was found by a pattern. Such a file may be gone when it is opened, and is skipped if
    /// another source follows it.
    /// </summary>
    internal bool IsMatch { get; init; }
}

/// <summary>The destination of the results.</summary>
/// <param name="Path">The path of a file, or - for standard output.</param>
public sealed record SinkDefinition(string Path);

/// <summary>
/// A shell command that reads a batch of lines on standard input and writes result lines on standard output.
/// </summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Command">The command, passed to /bin/sh -c (cmd.exe /c on Windows).</param>
public sealed record StageDefinition(string Name, string Command)
{
    /// <summary>Gets how many commands run at the same time. Default: the number of cores; from 1.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Maximum lines given to one command; from 1 to 1,000,000. Default null: few at first, and more as long as
    /// commands take less than 100 ms and get less than 1 MiB.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// Gets how often a line that fails alone is tried again before it becomes a dead letter. Default 3; from 0.
    /// </summary>
    public int Retries { get; init; } = 3;

    /// <summary>
    /// Gets how long one command may take, at most 40 days. It is then killed with its children, and the batch fails.
    /// Default null: no limit.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Maximum bytes that one command may write for its batch, counting 24 additional bytes per line. More fails the
    /// batch, because its results are held in memory until it is done. Default 64 MiB; from 1.
    /// </summary>
    public long MaxResults { get; init; } = 64L << 20;

    /// <summary>Gets the exit codes that mean success. Default: 0.</summary>
    public IReadOnlyList<int> OkExitCodes { get; init; } = [0];

    /// <summary>
    /// Gets whether a batch fails if its command does not write exactly one line for each input line. Default false.
    /// </summary>
    public bool OneToOne { get; init; }

    /// <summary>
    /// Gets whether the command keeps running: it is started once per worker, receives one line after the other, and
    /// must write exactly one line for each at once. <see cref="Timeout"/> is then the maximum time that the oldest
    /// line may wait for its reply, and <see cref="OneToOne"/> is implied. Not on Windows. Default false.
    /// </summary>
    public bool IsPersistent { get; init; }

    /// <summary>Gets how the stage treats offers when it is full. Default Wait.</summary>
    public FullMode FullMode { get; init; } = FullMode.Wait;

    /// <summary>Gets how the run reacts when the stage fails as a whole. Default Pause.</summary>
    public StageFailureMode OnStageFailure { get; init; }

    /// <summary>Gets the delays before a failed line is tried again.</summary>
    public BackoffSettings Backoff { get; init; } = new();
}
