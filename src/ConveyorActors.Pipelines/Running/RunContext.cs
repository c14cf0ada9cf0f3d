using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>The objects that all parts of one run share.</summary>
sealed record RunContext(
    IBufferService Buffers,
    PipelineDefinition Definition,
    TimeProvider Clock,
    RunControl Control,
    DeadLetterFile DeadLetters
)
{
    /// <summary>Gets the signal that is given when work on a lease has progressed.</summary>
    public ProgressSignal ProgressSignal { get; } = new();

    /// <summary>
    /// Gets the producers of each stage's lines, by the index of the stage. The last ones are those of the sink.
    /// </summary>
    public IReadOnlyList<LineProducers> Producers =>
        field ??= [.. Enumerable.Range(0, Definition.Stages.Count + 1).Select(_ => new LineProducers(ProgressSignal))];

    /// <summary>Gets the stages that are or were paused.</summary>
    public StagePauses Pauses { get; } = new(Control);

    /// <summary>
    /// Gets or sets the function that returns the names of sources that are not at their end. Set before the run
    /// starts.
    /// </summary>
    public Func<IReadOnlyList<string>> OpenSources { get; set; } = () => [];

    /// <summary>Gets the names of sources that are not in the definition: their files matched patterns.</summary>
    public ConcurrentDictionary<string, bool> AddedSources { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns whether this run reads the source of this name.</summary>
    public bool HasSource(string source) =>
        AddedSources.ContainsKey(source) || Definition.Sources.Any(s => s.Name == source);

    /// <summary>Gets the state that an earlier run has left, if the buffers are kept on disk.</summary>
    public EarlierRun Earlier { get; } = new(Buffers, Definition);

    /// <summary>
    /// Writes a dead letter to the file after it is on disk in the buffers: after a crash it may be missing in the
    /// file, but is never written twice.
    /// </summary>
    /// <remarks>
    /// A letter that cannot be stored is not written: if it stays unstored, the next run processes its line again, and
    /// would write a second letter.
    /// </remarks>
    public async ValueTask WriteDownAsync(DeadLine letter)
    {
        if (Buffers.IsDurable && DeadLetters.IsOpen && !await Buffers.FlushAsync(Pipeline).ConfigureAwait(false))
            DeadLetters.RecordUnwritten();
        else
            DeadLetters.Add(letter);
    }

    /// <summary>Gets the lines that successful commands wrote to standard error.</summary>
    public CommandRemarks Remarks { get; } = new();

    /// <summary>Gets the byte that ends a line in sources, between stages and in the sink.</summary>
    public byte LineEnd => Definition.NullTerminated ? LineReader.Null : LineReader.Newline;

    /// <summary>Gets how a last line without a line end is treated.</summary>
    public LastLineMode LastLine => Definition.LastLine ?? (Buffers.IsDurable ? LastLineMode.Keep : LastLineMode.Take);

    public string Pipeline => Definition.Name;

    /// <summary>Gets the stage that sources offer lines to: the sink's buffer if there are no stages.</summary>
    public string FirstStage => Definition.Stages.Count > 0 ? Definition.Stages[0].Name : PipelineRunner.SinkStage;

    /// <summary>Gets whether the first stage drops lines instead of holding its sources.</summary>
    public bool FirstStageDrops =>
        Definition.Stages.Count > 0 && Definition.Stages[0].FullMode is FullMode.DropOldest or FullMode.DropNewest;

    /// <summary>Gets whether the first stage drops the lines that come while it is full.</summary>
    public bool FirstStageDropsNewest => Definition.Stages is [{ FullMode: FullMode.DropNewest }, ..];

    /// <summary>Gets the maximum bytes of one record that the limits can admit.</summary>
    public long LargestRecord { get; } =
        new[]
        {
            Definition.Limits.MaxTotalBytes,
            Definition.Limits.MaxBytesPerStage,
            Definition.Limits.MaxBytesPerSource,
        }.Min() ?? long.MaxValue;

    /// <summary>Returns the stage that gets the results of a stage.</summary>
    public string GetNextStage(int index) =>
        index + 1 < Definition.Stages.Count ? Definition.Stages[index + 1].Name : PipelineRunner.SinkStage;
}
