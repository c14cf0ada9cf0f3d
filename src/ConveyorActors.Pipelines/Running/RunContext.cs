using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>What every part of one run needs.</summary>
sealed record RunContext(
    IBufferService Buffers,
    PipelineDefinition Definition,
    TimeProvider Clock,
    RunControl Control,
    DeadLetterFile DeadLetters
)
{
    /// <summary>Beats when work on a lease got on.</summary>
    public ProgressSignal ProgressSignal { get; } = new();

    /// <summary>The stages that are or were paused.</summary>
    public StagePauses Pauses { get; } = new(Control);

    /// <summary>The names of the sources that are not at their end. Set before the run starts.</summary>
    public Func<IReadOnlyList<string>> OpenSources { get; set; } = () => [];

    /// <summary>The names of sources that are not in the definition: patterns matched their files.</summary>
    public ConcurrentDictionary<string, bool> AddedSources { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns whether this run reads a source of the name.</summary>
    public bool Reads(string source) =>
        AddedSources.ContainsKey(source) || Definition.Sources.Any(s => s.Name == source);

    /// <summary>Gets what an earlier run has left, where the buffers are kept on disk.</summary>
    public EarlierRun Earlier { get; } = new(Buffers, Definition);

    /// <summary>
    /// Writes a dead letter down once it is one on disk too: after a crash it may be missing in the file, and is never
    /// there twice.
    /// </summary>
    public async ValueTask WriteDownAsync(DeadLine letter)
    {
        if (Buffers.IsDurable && DeadLetters.IsOpen)
            await Buffers.FlushAsync(Pipeline).ConfigureAwait(false);
        DeadLetters.Add(letter);
    }

    /// <summary>Gets what the commands said that were done.</summary>
    public CommandRemarks Remarks { get; } = new();

    /// <summary>Gets what ends a line, in sources, between stages and in the sink.</summary>
    public byte LineEnd => Definition.NullTerminated ? LineReader.Null : LineReader.Newline;

    /// <summary>Gets what becomes of a last line without an end.</summary>
    public LastLineMode LastLine => Definition.LastLine ?? (Buffers.IsDurable ? LastLineMode.Keep : LastLineMode.Take);

    public string Pipeline => Definition.Name;

    /// <summary>Gets where sources offer: to the sink itself when there are no stages.</summary>
    public string FirstStage => Definition.Stages.Count > 0 ? Definition.Stages[0].Name : PipelineRunner.SinkStage;

    /// <summary>Gets whether the first stage drops instead of holding its sources.</summary>
    public bool FirstStageDrops =>
        Definition.Stages.Count > 0 && Definition.Stages[0].FullMode is FullMode.DropOldest or FullMode.DropNewest;

    /// <summary>Bytes that the limits can admit in one record.</summary>
    public long LargestRecord { get; } =
        new[]
        {
            Definition.Limits.MaxTotalBytes,
            Definition.Limits.MaxBytesPerStage,
            Definition.Limits.MaxBytesPerSource,
        }.Min() ?? long.MaxValue;

    /// <summary>Returns where the results of a stage go.</summary>
    public string StageAfter(int index) =>
        index + 1 < Definition.Stages.Count ? Definition.Stages[index + 1].Name : PipelineRunner.SinkStage;
}
