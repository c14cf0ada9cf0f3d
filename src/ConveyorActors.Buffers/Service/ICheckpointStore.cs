namespace ConveyorActors.Buffers.Service;

/// <summary>The part of the port that keeps checkpoints and positions with a pipeline's records.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface ICheckpointStore
{
    /// <summary>
    /// Settles records of a lease as done and takes note of something: after a crash both are there or neither.
    /// </summary>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => throw NothingStored.Error(pipeline);

    /// <summary>Takes note of something.</summary>
    ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => throw NothingStored.Error(pipeline);

    /// <summary>What was noted last under a key; null: nothing.</summary>
    ValueTask<string?> GetCheckpointAsync(string pipeline, string key, CancellationToken cancellationToken = default) =>
        new((string?)null);

    /// <summary>
    /// How far a source had been read when the pipeline was opened; null when nothing is known of it.
    /// </summary>
    ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new((SourcePosition?)null);

    /// <summary>
    /// Takes note of how far a source has been read. Records bring their positions along; this is for what was read and
    /// never offered. <see cref="GetPositionAsync"/> returns it once the pipeline is opened again.
    /// </summary>
    ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) => throw NothingStored.Error(pipeline);
}
