using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    const int Glances = 6;
    const int GlanceSpins = 50;

    /// <summary>Leases up to <paramref name="max"/> records of a stage, serving its sources in turn. Empty when there is none to be had.</summary>
    public Lease<T> GetBatch(string stage, int max) => GetBatch(stage, new BatchRequest(max));

    /// <summary>Leases up to <see cref="BatchRequest.Max"/> records of a stage. Does not wait, whatever the request says.</summary>
    public Lease<T> GetBatch(string stage, BatchRequest request)
    {
        Check(request);
        if (TryEnter(stage) is not { } from) return Lease<T>.Empty;
        try { return TryLease_NeedsLock(from, request, from.Buffer.RootOf(request.Beside)) ?? Lease<T>.Empty; }
        finally { Leave(from); }
    }

    /// <summary>The same, waiting until there is a record. An empty lease means that the manager has stopped. Cancelling loses no record.</summary>
    public ValueTask<Lease<T>> GetBatchAsync(string stage, int max, CancellationToken cancellation = default) =>
        GetBatchAsync(stage, new BatchRequest(max), cancellation);

    /// <inheritdoc cref="GetBatchAsync(string, int, CancellationToken)"/>
    public ValueTask<Lease<T>> GetBatchAsync(string stage, BatchRequest request, CancellationToken cancellation = default)
    {
        Check(request);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<Lease<T>>(cancellation);
        LetGather(StageOf(stage), request.Max);
        var from = Enter(stage);
        LinkedListNode<ConsumerWaiter<T>>? waiter = null;
        try
        {
            var beside = from.Buffer.RootOf(request.Beside);
            if (TryLease_NeedsLock(from, request, beside) is { } lease) return new(lease);
            if (State == ManagerState.Stopped) return new(Lease<T>.Empty);
            waiter = from.Consumers.AddLast(new ConsumerWaiter<T>(beside));
        }
        finally { Leave(from); }
        return WaitAsync(from, waiter, request, cancellation);
    }

    /// <summary>
    /// While records are coming in at this very moment, lets a batch of them gather, for some microseconds at most: a consumer that is faster than its
    /// producers would otherwise take them one by one and be woken for each.
    /// </summary>
    static void LetGather(StageState<T> from, int max)
    {
        if (Environment.ProcessorCount == 1) return;
        var before = from.Buffer.Buffered;
        for (var glance = 0; glance < Glances && before < max; glance++)
        {
            Thread.SpinWait(GlanceSpins);
            var now = from.Buffer.Buffered;
            if (now == before) break;
            before = now;
        }
        from.Buffer.LastLine?.Records.Fetch(Math.Min(before, max));
    }

    async ValueTask<Lease<T>> WaitAsync(
        StageState<T> from, LinkedListNode<ConsumerWaiter<T>> waiter, BatchRequest request, CancellationToken cancellation)
    {
        while (true)
        {
            using (cancellation.UnsafeRegister(_ => StopWaiting(from, waiter, cancellation), null))
                await waiter.Value.Woken.Task.ConfigureAwait(false);
            from.Gate.Enter();
            from.WakesUnderWay--;
            if (!TryStart_NeedsLock(from))
            {
                // The stage was removed while idle; its name may live on in a new one.
                from.Gate.Exit();
                return await GetBatchAsync(from.Id, request, cancellation).ConfigureAwait(false);
            }
            try
            {
                if (TryLease_NeedsLock(from, request, waiter.Value.Beside) is { } lease) return lease;
                if (State == ManagerState.Stopped) return Lease<T>.Empty;
                cancellation.ThrowIfCancellationRequested();
                waiter = from.Consumers.AddFirst(new ConsumerWaiter<T>(waiter.Value.Beside));
            }
            finally { Leave(from); }
        }
    }

    static void StopWaiting(StageState<T> from, LinkedListNode<ConsumerWaiter<T>> waiter, CancellationToken cancellation)
    {
        using (from.Gate.Pass())
        {
            if (waiter.List is null) return; // woken already: it will look, and take what it was woken for
            from.Consumers.Remove(waiter);
        }
        waiter.Value.Woken.TrySetCanceled(cancellation);
    }

    static Lease<T>? TryLease_NeedsLock(StageState<T> stage, in BatchRequest request, Lease<T>? beside) =>
        stage.IsHeldByOperator ? null : stage.Buffer.GetBatch(request.Max, stage.Now, request.OneSource, request.Consumer, request.Timeout, beside);

    static void Check(in BatchRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Max, 1, "max");
        if (request.Timeout is { } timeout) Durations.Positive(timeout, "Timeout");
    }

    /// <summary>Settles all open records of a lease as done.</summary>
    public SettleResult Complete(Lease<T> lease) => Complete(lease, null);

    /// <summary>Settles some records of a lease as done; null: all that are open.</summary>
    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences) =>
        IsEmpty(lease) ? NothingToSettle : Complete(lease.StageId, lease.Id, sequences);

    internal SettleResult Complete(string stage, long leaseId, IReadOnlyList<long>? sequences)
    {
        sequences = Copied(sequences);
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try { return from.Buffer.Complete(leaseId, sequences, from.Now); }
        finally { Leave(from); }
    }

    /// <summary>Gives all open records of a lease back to the head of their sources' lines.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">True: counts as a retry, with backoff. False: they were not tried and are available again at once.</param>
    public SettleResult ReturnToBuffer(Lease<T> lease, string reason, bool charge = true) => ReturnToBuffer(lease, null, reason, charge);

    /// <summary>Gives some records of a lease back; the rest can still be settled.</summary>
    public SettleResult ReturnToBuffer(Lease<T> lease, IReadOnlyList<long>? sequences, string reason, bool charge = true) =>
        IsEmpty(lease) ? NothingToSettle : ReturnToBuffer(lease.StageId, lease.Id, sequences, reason, charge);

    internal SettleResult ReturnToBuffer(string stage, long leaseId, IReadOnlyList<long>? sequences, string reason, bool charge)
    {
        ArgumentNullException.ThrowIfNull(reason);
        sequences = Copied(sequences);
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try { return from.Buffer.ReturnToBuffer(leaseId, sequences, reason, charge, from.Now); }
        finally { Leave(from); }
    }

    /// <summary>
    /// Gives records back to the leases' stage. Those whose lease is not open any more are left alone, also where another consumer holds them by now.
    /// </summary>
    /// <param name="stage">The stage they were leased from.</param>
    /// <param name="failed">The records, as the lease gave them.</param>
    /// <param name="reason">Why.</param>
    public SettleResult ReturnToBuffer(string stage, IEnumerable<BufferedRecord<T>> failed, string reason = "returned")
    {
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(reason);
        Names.Checked(stage, "stage");
        BufferedRecord<T>[] records = [.. failed];
        if (records.Length == 0) return new(SettleStatus.Ok, 0);
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try { return from.Buffer.ReturnToBuffer(records, reason, from.Now); }
        finally { Leave(from); }
    }

    /// <summary>Puts records of a lease among the stage's dead letters at once; null: all that are open.</summary>
    public SettleResult DeadLetter(Lease<T> lease, IReadOnlyList<long>? sequences, string reason) =>
        IsEmpty(lease) ? NothingToSettle : DeadLetter(lease.StageId, lease.Id, sequences, reason);

    internal SettleResult DeadLetter(string stage, long leaseId, IReadOnlyList<long>? sequences, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        sequences = Copied(sequences);
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try { return from.Buffer.DeadLetter(leaseId, sequences, reason, from.Now); }
        finally { Leave(from); }
    }

    /// <summary>
    /// Tells that the consumer of a lease has died: what is still open goes back at once, as if the deadline had passed. One open record is charged a retry.
    /// Several are not, and their sources' records come in smaller leases, until a lease of one record fails: that record is what consumers die of.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <returns>How many records went back or became dead letters. Settling the lease later returns <see cref="SettleStatus.LeaseExpired"/>.</returns>
    public SettleResult Abandon(Lease<T> lease, string reason) =>
        IsEmpty(lease) ? NothingToSettle : Abandon(lease.StageId, [lease.Id], reason);

    /// <summary>Tells that a consumer that held several leases of a stage has died. They are judged together: all that is open may be what it died of.</summary>
    internal SettleResult Abandon(string stage, IReadOnlyList<long> leaseIds, string reason)
    {
        Names.Checked(stage);
        ArgumentNullException.ThrowIfNull(reason);
        if (TryEnter(stage) is not { } from) return leaseIds.Count == 0 ? new(SettleStatus.Ok, 0) : UnknownLease;
        try { return from.Buffer.Abandon(leaseIds, reason, from.Now); }
        finally { Leave(from); }
    }

    /// <summary>Moves a lease's deadline to the stage's lease timeout from now.</summary>
    public SettleResult Renew(Lease<T> lease) => IsEmpty(lease) ? NothingToSettle : Renew(lease.StageId, lease.Id);

    internal SettleResult Renew(string stage, long leaseId)
    {
        if (TryEnter(stage) is not { } from) return UnknownLease;
        try { return new(from.Buffer.Renew(leaseId, from.Now), 0); }
        finally { Leave(from); }
    }

    /// <summary>A stage's dead letters, oldest first.</summary>
    public IReadOnlyList<DeadLetter<T>> DeadLetters(string stage, int max = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (FindStage(stage) is not { } asked) return [];
        using (asked.Gate.Pass()) return asked.Buffer.ListDeadLetters(max);
    }

    /// <summary>Offers dead letters to their stage again, oldest first, while there is room, with no retries counted. Answers how many went.</summary>
    public int ReplayDeadLetters(string stage, int max = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var replayed = 0;
        while (replayed < max)
        {
            var oldest = DeadLetters(stage, 1);
            if (oldest.Count == 0) break;
            var (record, bytes) = (oldest[0].Record, SizeOf(oldest[0].Record.Record));
            var source = SourceOf(record.SourceId);
            var to = Enter(stage);
            try
            {
                if (to.Buffer.ListDeadLetters(1) is not [var first] || !ReferenceEquals(first, oldest[0])) continue;
                if (LineOf_NeedsLock(to, source) is not { } line) continue;
                // Whatever the stage's rule: nothing is dropped for a record that was given up once already.
                if (State != ManagerState.Running || to.Lane.Before(line) != OfferStatus.Accepted || !IsOpen_NeedsLock(line) || TakeRoom_NeedsLock(to, source, bytes) != OfferStatus.Accepted) break;
                to.Buffer.RemoveDeadLetters(1, discarded: false);
                line.Counts.Offered++;
                Place_NeedsLock(to, line, record.Record, bytes, null);
                replayed++;
            }
            finally { Leave(to); }
        }
        return replayed;
    }

    /// <summary>Removes dead letters for good, oldest first. Answers how many.</summary>
    public int PurgeDeadLetters(string stage, int max = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (TryEnter(stage) is not { } from) return 0;
        try { return from.Buffer.RemoveDeadLetters(max, discarded: true).Count; }
        finally { Leave(from); }
    }

    /// <summary>The first records that wait in a stage, source by source, without leasing them.</summary>
    public IReadOnlyList<BufferedRecord<T>> Peek(string stage, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        if (FindStage(stage) is not { } asked) return [];
        using (asked.Gate.Pass()) return asked.Buffer.Peek(max);
    }
}
