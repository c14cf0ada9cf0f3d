using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>
/// A service that counts calls and, if told so, answers each only after a while, as a remote one does. The answers' pace is a task's that the test gives.
/// </summary>
sealed class CountingService(IBufferService inner, Func<Task>? pace = null) : IBufferService
{
    int completes, offers, renewals;

    public int Completes => Volatile.Read(ref completes);

    public int Offers => Volatile.Read(ref offers);

    public int Renewals => Volatile.Read(ref renewals);

    async ValueTask<T> Paced<T>(Func<ValueTask<T>> call)
    {
        if (pace is not null) await pace();
        var answer = await call();
        if (pace is not null) await pace();
        return answer;
    }

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref offers);
        return Paced(() => inner.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellation));
    }

    public ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default) =>
        Paced(() => inner.GetBatchAsync(pipeline, stage, request, cancellation));

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref completes);
        return Paced(() => inner.CompleteAsync(pipeline, stage, lease, sequences, cancellation));
    }

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default) =>
        Paced(() => inner.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellation));

    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default) =>
        Paced(() => inner.AbandonAsync(pipeline, stage, lease, reason, cancellation));

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default) =>
        Paced(() => inner.AbandonAsync(pipeline, stage, leases, reason, cancellation));

    public async ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default)
    {
        var result = await Paced(() => inner.RenewAsync(pipeline, stage, lease, cancellation));
        Interlocked.Increment(ref renewals);
        return result;
    }

    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        Paced(() => inner.RequestCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation));

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        Paced(() => inner.WaitForCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation));

    public ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default) =>
        Paced(() => inner.GiveBackCreditsAsync(pipeline, grant, cancellation));

    public ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default) =>
        Paced(() => inner.SnapshotAsync(pipeline, cancellation));

    public ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        inner.ConfigureAsync(pipeline, settings, cancellation);

    public ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default) =>
        inner.ConfigureStageAsync(pipeline, stage, settings, cancellation);

    public ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        inner.PlanLimitsAsync(pipeline, settings, cancellation);

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        inner.BufferForStageAsync(pipeline, stage, source, record, credits, cancellation);

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default) =>
        inner.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellation);

    public ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default) =>
        inner.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation);

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default) =>
        inner.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation);

    public ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        inner.ShouldBackpressureAsync(pipeline, source, cancellation);

    public ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        inner.SignalAsync(pipeline, source, cancellation);

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        inner.SubscribeSignalsAsync(pipeline, source, cancellation);

    public ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        inner.ExplainAsync(pipeline, source, cancellation);

    public ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        inner.PauseAsync(pipeline, target, name, cancellation);

    public ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        inner.ResumeAsync(pipeline, target, name, cancellation);

    public ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default) =>
        inner.AvailableCreditsAsync(pipeline, source, stage, cancellation);

    public ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default) =>
        inner.GetStageUtilizationAsync(pipeline, stage, cancellation);

    public ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default) =>
        inner.GetGlobalUtilizationAsync(pipeline, cancellation);

    public ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default) =>
        inner.StagesWithDataAsync(pipeline, cancellation);

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        inner.PeekAsync(pipeline, stage, max, cancellation);

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        inner.DeadLettersAsync(pipeline, stage, max, cancellation);

    public ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        inner.ReplayDeadLettersAsync(pipeline, stage, max, cancellation);

    public ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        inner.PurgeDeadLettersAsync(pipeline, stage, max, cancellation);

    public ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default) => inner.PipelinesAsync(cancellation);

    public ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default) =>
        inner.StopAsync(pipeline, deadline, cancellation);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
