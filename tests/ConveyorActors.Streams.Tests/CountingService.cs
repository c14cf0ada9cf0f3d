using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>
/// A service that counts calls and, if told so, answers each only after a while, as a remote one does. The answers'
/// pace is a task's that the test gives.
/// </summary>
sealed class CountingService(IBufferService inner, Func<Task>? pace = null) : IBufferService
{
    int completes,
        offers,
        renewals;

    public int Completes => Volatile.Read(ref completes);

    public int Offers => Volatile.Read(ref offers);

    public int Renewals => Volatile.Read(ref renewals);

    async ValueTask<T> Paced<T>(Func<ValueTask<T>> call)
    {
        if (pace is not null)
            await pace();
        var answer = await call();
        if (pace is not null)
            await pace();
        return answer;
    }

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        Interlocked.Increment(ref offers);
        return Paced(() =>
            inner.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellationToken)
        );
    }

    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GetBatchAsync(pipeline, stage, request, cancellationToken));

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    )
    {
        Interlocked.Increment(ref completes);
        return Paced(() => inner.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken));
    }

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken));

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.AbandonAsync(pipeline, stage, lease, reason, cancellationToken));

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.AbandonAsync(pipeline, stage, leases, reason, cancellationToken));

    public async ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    )
    {
        var result = await Paced(() => inner.RenewAsync(pipeline, stage, lease, cancellationToken));
        Interlocked.Increment(ref renewals);
        return result;
    }

    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        Paced(() =>
            inner.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken)
        );

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        Paced(() =>
            inner.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken)
        );

    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GiveBackCreditsAsync(pipeline, grant, cancellationToken));

    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GetSnapshotAsync(pipeline, cancellationToken));

    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => inner.ConfigureAsync(pipeline, settings, cancellationToken);

    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) => inner.ConfigureStageAsync(pipeline, stage, settings, cancellationToken);

    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => inner.PlanLimitsAsync(pipeline, settings, cancellationToken);

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => inner.BufferForStageAsync(pipeline, stage, source, record, credits, cancellationToken);

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) => inner.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken);

    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => inner.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken);

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => inner.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken);

    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => inner.ShouldBackpressureAsync(pipeline, source, cancellationToken);

    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => inner.GetSignalAsync(pipeline, source, cancellationToken);

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => inner.SubscribeSignalsAsync(pipeline, source, cancellationToken);

    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => inner.ExplainAsync(pipeline, source, cancellationToken);

    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => inner.PauseAsync(pipeline, target, name, cancellationToken);

    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => inner.ResumeAsync(pipeline, target, name, cancellationToken);

    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) => inner.AvailableCreditsAsync(pipeline, stage, source, cancellationToken);

    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => inner.GetStageUtilizationAsync(pipeline, stage, cancellationToken);

    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => inner.GetGlobalUtilizationAsync(pipeline, cancellationToken);

    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => inner.GetStagesWithDataAsync(pipeline, cancellationToken);

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => inner.PeekAsync(pipeline, stage, max, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => inner.GetDeadLettersAsync(pipeline, stage, max, cancellationToken);

    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => inner.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken);

    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => inner.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken);

    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        inner.GetPipelinesAsync(cancellationToken);

    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => inner.StopAsync(pipeline, deadline, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
