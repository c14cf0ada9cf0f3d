using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Persistence.Port;

/// <summary>Leases and settles the records of a pipeline whose records are in a journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournaledConsumer(PipelineOpener opener) : IBufferConsumer
{
    readonly EngineGate gate = opener.Gate;

    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => opener.GetLeases(e).GetBatchAsync(pipeline, stage, request, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.AbandonAsync(pipeline, stage, lease, reason, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.AbandonAsync(pipeline, stage, leases, reason, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.RenewAsync(pipeline, stage, lease, cancellationToken), null, cancellationToken);
}
