namespace ConveyorActors.Buffers.Service;

/// <summary>Reads and writes the checkpoints and positions of the managers of this process.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EmbeddedCheckpoints(EmbeddedManagers managers) : ICheckpointStore
{
    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        managers.Get(pipeline).SetCheckpoint(checkpoint);
        return default;
    }

    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetCheckpoint(key));

    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetPosition(source));

    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        managers.Get(pipeline).SetPosition(source, position);
        return default;
    }

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        return new(managers.Find(pipeline).GetPort().Complete(stage, lease, sequences, checkpoint));
    }
}
