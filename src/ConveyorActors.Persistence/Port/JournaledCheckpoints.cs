using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Persistence.Port;

/// <summary>Reads and writes the checkpoints and positions of a pipeline whose records are in a journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournaledCheckpoints(EngineGate gate) : ICheckpointStore
{
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        new(
            gate.Pass(
                    async e =>
                    {
                        await e.SetCheckpointAsync(pipeline, checkpoint, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );

    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetCheckpointAsync(pipeline, key, cancellationToken), null, cancellationToken);

    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetPositionAsync(pipeline, source, cancellationToken), null, cancellationToken);

    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        new(
            gate.Pass(
                    async e =>
                    {
                        await e.SetPositionAsync(pipeline, source, position, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );
}
