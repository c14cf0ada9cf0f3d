namespace ConveyorActors.Buffers.Service;

/// <summary>The part of the port that keeps checkpoints and positions with a pipeline's records.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for the rules of all parts.</remarks>
public interface ICheckpointStore
{
    /// <summary>
    /// Completes records of a lease and stores a checkpoint in one step: after a crash either both exist or
    /// neither.
    /// </summary>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => throw NoStoreErrors.CreateError(pipeline);

    /// <summary>Stores a checkpoint.</summary>
    ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => throw NoStoreErrors.CreateError(pipeline);

    /// <summary>Returns the value of the last checkpoint stored under a key; null: there is none.</summary>
    ValueTask<string?> GetCheckpointAsync(string pipeline, string key, CancellationToken cancellationToken = default) =>
        new((string?)null);

    /// <summary>Returns how far a source had been read when the pipeline was opened; null: unknown.</summary>
    ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new((SourcePosition?)null);

    /// <summary>
    /// Stores how far a source has been read. Records carry their own positions; this method is for input that was read
    /// but never offered. <see cref="GetPositionAsync"/> returns the position once the pipeline is opened again.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The position has a negative offset or number.</exception>
    ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) => throw NoStoreErrors.CreateError(pipeline);
}
