namespace ConveyorActors.Cluster.Calls;

/// <summary>Leases and settles records on the nodes that have the pipelines.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionConsumer(RegionCalls calls) : IBufferConsumer
{
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetBatch",
            request.Wait ? CallKind.Waiting : CallKind.Repeatable,
            s => s.GetBatchAsync(pipeline, stage, request, cancellationToken),
            cancellationToken
        );

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Complete",
            CallKind.Repeatable,
            s => s.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "ReturnToBuffer",
            CallKind.Repeatable,
            s => s.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "DeadLetter",
            CallKind.Repeatable,
            s => s.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "Hop",
            CallKind.Waiting,
            s => s.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            cancellationToken
        );

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Abandon",
            CallKind.Repeatable,
            s => s.AbandonAsync(pipeline, stage, lease, reason, cancellationToken),
            cancellationToken
        );

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Abandon",
            CallKind.Repeatable,
            s => s.AbandonAsync(pipeline, stage, leases, reason, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "StartHop",
            CallKind.Repeatable,
            s => s.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            cancellationToken
        );

    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Renew",
            CallKind.Repeatable,
            s => s.RenewAsync(pipeline, stage, lease, cancellationToken),
            cancellationToken
        );
}
