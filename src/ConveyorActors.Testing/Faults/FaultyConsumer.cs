using System.Runtime.CompilerServices;

namespace ConveyorActors.Testing.Faults;

/// <summary>Makes a consumer's calls, some of which fail.</summary>
sealed class FaultyConsumer(IBufferService service, FaultInjector injector) : IBufferConsumer
{
    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(GetBatchAsync), pipeline, $"stage {stage}"),
            token => service.GetBatchAsync(pipeline, stage, request, token),
            cancellationToken,
            (handouts, batch) => handouts.Add(pipeline, batch)
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.CompleteAsync(pipeline, stage, lease, sequences, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.DeadLetterAsync(pipeline, stage, lease, sequences, reason, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.HopAsync(pipeline, stage, lease, sequences, targetStage, results, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            (pipeline, stage, lease),
            token => service.AbandonAsync(pipeline, stage, lease, reason, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(AbandonAsync), pipeline, $"stage {stage}"),
            token => service.AbandonAsync(pipeline, stage, leases, reason, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(RenewAsync), pipeline, $"stage {stage}"),
            token => service.RenewAsync(pipeline, stage, lease, token),
            cancellationToken
        );

    ValueTask<SettleResult> SettleAsync(
        (string Pipeline, string Stage, long Lease) of,
        Func<CancellationToken, ValueTask<SettleResult>> call,
        CancellationToken cancellationToken,
        [CallerMemberName] string name = ""
    ) =>
        injector.CallAsync(
            new(name, of.Pipeline, $"stage {of.Stage}"),
            call,
            cancellationToken,
            (handouts, result) => handouts.RecordSettled(of.Pipeline, of.Stage, of.Lease, result)
        );
}
