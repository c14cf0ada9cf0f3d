using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

/// <summary>
/// A service that counts calls and, if told so, returns from those that streams make only after a while, as a remote
/// one does. The pace is that of a task that the test gives.
/// </summary>
/// <remarks>
/// The calls that are counted or paced are made anew for the interface; the base passes on all others.
/// </remarks>
sealed class CountingService(IBufferService inner, Func<Task>? pace = null)
    : DelegatingBufferService(inner, inner, inner, inner, inner),
        IBufferService
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

    public new ValueTask<OfferResult> BufferBatchForStageAsync(
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

    public new ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GetBatchAsync(pipeline, stage, request, cancellationToken));

    public new ValueTask<SettleResult> CompleteAsync(
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

    public new ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken));

    public new ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.AbandonAsync(pipeline, stage, lease, reason, cancellationToken));

    public new ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.AbandonAsync(pipeline, stage, leases, reason, cancellationToken));

    public new async ValueTask<SettleResult> RenewAsync(
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

    public new ValueTask<CreditGrant> RequestCreditsAsync(
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

    public new ValueTask<CreditGrant> WaitForCreditsAsync(
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

    public new ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GiveBackCreditsAsync(pipeline, grant, cancellationToken));

    public new ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => Paced(() => inner.GetSnapshotAsync(pipeline, cancellationToken));

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
