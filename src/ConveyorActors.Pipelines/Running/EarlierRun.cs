using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// The state that an earlier run of the pipeline has left, however it stopped, if the buffers are kept on disk. Without
/// that, every run is the first.
/// </summary>
/// <remarks>
/// The state is stored in an order in which only damage can make a part of it missing: the sink's mark before anything
/// else, a source's position before the identity of its file, and both before the source's first line. If a part is
/// missing, the run is refused and nothing is guessed.
/// </remarks>
sealed class EarlierRun(IBufferService buffers, PipelineDefinition definition)
{
    /// <summary>The advice in errors when the run cannot continue where an earlier run stopped.</summary>
    public const string AnewAdvice =
        "Take out the waiting lines with 'conveyor drain', and start again with another data directory and another sink";

    HashSet<string> known = [];

    /// <summary>
    /// Gets or sets the names of sources that are not in the definition: their files matched patterns in an earlier
    /// run.
    /// </summary>
    public IReadOnlyList<string> MoreSources { get; set; } = [];

    /// <summary>
    /// Gets or sets whether an earlier run has begun, so that it is known how far it had written its sink.
    /// </summary>
    public bool HasBegun { get; set; }

    /// <summary>Returns whether an earlier run has accepted lines of a source.</summary>
    public bool HasSource(string source) => known.Contains(source);

    /// <summary>Returns the error for a run that does not know the position of a source.</summary>
    /// <param name="path">The source's path.</param>
    /// <param name="what">The part of the state that is missing.</param>
    public static PipelineInputException CreateLostError(string path, string what) =>
        new(
            $"source '{path}' was read by an earlier run, but {what} no longer exists in the data directory: reading it now could duplicate or lose lines. {AnewAdvice}"
        );

    /// <summary>Checks that all waiting records of earlier runs have a place in this pipeline.</summary>
    /// <returns>The numbers of the pipeline before the run.</returns>
    /// <exception cref="PipelineInputException">Records wait that do not belong to this pipeline.</exception>
    public async ValueTask<PipelineSnapshot> CheckAsync()
    {
        var snapshot = await buffers.GetSnapshotAsync(definition.Name).ConfigureAwait(false);
        if (!buffers.IsDurable)
            return snapshot;
        foreach (var stage in snapshot.Stages)
        {
            if (
                stage.Level.Pending == 0
                || stage.Stage == PipelineRunner.SinkStage
                || definition.Stages.Any(s => s.Name == stage.Stage)
            )
                continue;
            throw new PipelineInputException(
                $"{Quantity.Format(stage.Level.Pending, "record")} of an earlier run {(stage.Level.Pending == 1 ? "waits" : "wait")} for the stage '{stage.Stage}', which this pipeline does not have. "
                    + "Restore the stage, or take the records out with 'conveyor drain'"
            );
        }
        await CheckIsSamePipelineAsync(snapshot.Total).ConfigureAwait(false);
        known = [.. snapshot.Sources.Where(s => s.Level.Accepted > 0).Select(s => s.Source)];
        return snapshot;
    }

    /// <summary>Stores the description of this pipeline, and waits until everything stored so far is on disk.</summary>
    public async ValueTask StoreAsync()
    {
        await buffers
            .SetCheckpointAsync(definition.Name, new Checkpoint(KeptPipeline.CheckpointKey, KeptNow.ToString()))
            .ConfigureAwait(false);
        if (!await buffers.FlushAsync(definition.Name).ConfigureAwait(false))
            throw new PipelineInputException(
                "the data directory cannot be written, so the run could not keep its results"
            );
    }

    /// <summary>Returns the dead letters of earlier runs that the buffers have kept.</summary>
    public async ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync()
    {
        if (!buffers.IsDurable)
            return [];
        var snapshot = await buffers.GetSnapshotAsync(definition.Name).ConfigureAwait(false);
        var letters = new List<DeadLetter<ConveyorRecord>>();
        foreach (var stage in snapshot.Stages)
            if (stage.DeadLetters > 0)
                letters.AddRange(
                    await buffers
                        .GetDeadLettersAsync(definition.Name, stage.Stage, stage.DeadLetters)
                        .ConfigureAwait(false)
                );
        return letters;
    }

    /// <summary>Checks that waiting records do not continue in a different pipeline by mistake.</summary>
    async ValueTask CheckIsSamePipelineAsync(LevelSnapshot total)
    {
        var stored = await buffers
            .GetCheckpointAsync(definition.Name, KeptPipeline.CheckpointKey)
            .ConfigureAwait(false);
        if (
            total is { Pending: 0, Used: 0 }
            || definition.AcceptChanges
            || KeptPipeline.Parse(stored) is not { } before
        )
            return;
        if (before.DescribeDifferences(KeptPipeline.Create(definition)) is { Count: > 0 } differences)
            throw new PipelineInputException(
                $"{Quantity.Format(total.Pending, "record")} of an earlier run {(total.Pending == 1 ? "waits" : "wait")}, but this pipeline is different: {string.Join("; ", differences)}. "
                    + "Run the earlier pipeline, take the records out with 'conveyor drain', or process them with this pipeline by '--changed accept'"
            );
    }

    KeptPipeline KeptNow =>
        KeptPipeline.Create(definition) is var kept && MoreSources.Count == 0
            ? kept
            : kept with
            {
                Sources = [.. kept.Sources, .. MoreSources],
            };
}
