using System.Diagnostics;
using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>One stage's queues, leases, retries and dead letters: a facade over the parts that own them.</summary>
/// <remarks>
/// Deterministic: the buffer has no clock, thread or lock of its own. Time is passed as milliseconds that never go
/// back; calls must be serialized. The buffer does not check limits: its owner takes room first, and is notified
/// through <see cref="IStageRoom"/> when room becomes free.
/// </remarks>
sealed class StageBuffer<T>
{
    readonly StageContext<T> context;
    readonly StageQueues<T> queues;
    readonly ServingRound<T> round;
    readonly LeaseTable<T> leases = new();
    readonly PoisonIsolation<T> isolation = new();
    readonly RecordExpiry<T> expiry;
    readonly BackoffTimer<T> backoffs;
    readonly SpilledRecords<T> spilled;
    readonly LeaseIssuer<T> issuer;
    readonly LeaseSettler<T> settler;
    readonly LeaseFailures<T> failures;
    readonly StageRebuilder<T> rebuilder;

    /// <summary>Initializes an empty stage.</summary>
    /// <param name="pipelineId">The pipeline that the stage belongs to.</param>
    /// <param name="stageId">The stage's name.</param>
    /// <param name="settings">The settings of the stage.</param>
    /// <param name="dateOf">Converts the milliseconds given to the methods into a date.</param>
    /// <param name="changed">
    /// Called with every change, in order, before the call that caused it returns; null: no callback, and no event is
    /// created.
    /// </param>
    /// <param name="seed">The seed of the jitter.</param>
    /// <param name="room">Called when room becomes free; null: the stage has no manager.</param>
    public StageBuffer(
        string pipelineId,
        string stageId,
        StageSettings settings,
        Func<long, DateTimeOffset> dateOf,
        Action<StageEvent<T>>? changed = null,
        int? seed = null,
        IStageRoom? room = null
    )
    {
        context = new(pipelineId, stageId, settings, dateOf, changed, room);
        queues = new(stageId);
        round = new(context, isolation);
        expiry = new(context, queues);
        backoffs = new(round);
        spilled = new(context, queues, expiry, round);
        DeadLetters = new(context, queues);
        Oldest = new(context, queues);
        issuer = new(context, queues, round, leases, isolation);
        var random = seed is { } given ? new Random(given) : Random.Shared;
        settler = new(context, queues, round, leases, isolation, DeadLetters, expiry, backoffs, random);
        failures = new(leases, isolation, settler);
        rebuilder = new(context, queues, round, DeadLetters, expiry, backoffs);
    }

    /// <summary>Gets the oldest records that wait.</summary>
    public OldestRecords<T> Oldest { get; }

    /// <summary>Gets the dead letters.</summary>
    public StageDeadLetters<T> DeadLetters { get; }

    /// <summary>Gets or sets how the stage handles records; may be changed between two calls.</summary>
    public StageSettings Settings
    {
        get => context.Settings;
        set
        {
            var wasStrict = context.Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
            context.Settings = value;
            expiry.ApplySettings();
            if (wasStrict && value.LeaseOrder == LeaseOrder.Shared)
                round.ReleaseHeld(queues);
        }
    }

    /// <summary>Gets the number of records that wait.</summary>
    public int Buffered => queues.Buffered;

    /// <summary>Gets the number of records that consumers hold.</summary>
    public int InFlight => queues.InFlight;

    public long LastSequence => queues.LastSequence;

    public Dictionary<string, SourceQueue<T>>.ValueCollection Queues => queues.All;

    /// <summary>Gets the queue that was used last; null: none, or it was removed.</summary>
    public SourceQueue<T>? LastQueue => queues.Last;

    public Dictionary<long, Lease<T>>.ValueCollection Leases => leases.All;

    public Lease<T>? OldestLease => leases.Oldest;

    /// <inheritdoc cref="ServingRound{T}.CanServeNow"/>
    public bool CanServeNow => round.CanServeNow;

    /// <summary>
    /// Gets the time at which <see cref="ProcessDue"/> next has work to do; <see cref="long.MaxValue"/>: never in the present
    /// state.
    /// </summary>
    public long NextDue =>
        Math.Min(Math.Min(leases.First?.DeadlineMs ?? long.MaxValue, expiry.NextDue), backoffs.NextDue);

    /// <summary>
    /// Processes the time: returns leases past their deadline, ends backoffs, and expires records past their time to
    /// live.
    /// </summary>
    public void ProcessDue(long now)
    {
        while (leases.First is { } lease && lease.DeadlineMs <= now)
            failures.Expire(lease, now);
        backoffs.Wake(now);
        if (expiry.NextDue <= now)
            expiry.Expire(now);
    }

    public SourceQueue<T>? FindQueue(string source) => queues.Find(source);

    public SourceQueue<T> GetOrAddQueue(string source, long now) => queues.GetOrAdd(source, now);

    public void RemoveQueue(SourceQueue<T> queue)
    {
        queues.Remove(queue);
        isolation.Forget(queue);
        round.Forget(queue);
    }

    /// <summary>Adds records of one source at the tail of its queue.</summary>
    /// <param name="source">The source.</param>
    /// <param name="records">The records.</param>
    /// <param name="bytes">The sizes of the records; empty: all are 0.</param>
    /// <param name="now">The time.</param>
    public void Add(string source, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now) =>
        Add(GetOrAddQueue(source, now), records, bytes, now);

    /// <inheritdoc cref="Add(string, ReadOnlySpan{T}, ReadOnlySpan{int}, long)"/>
    public void Add(SourceQueue<T> queue, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now)
    {
        queue.UpdateFillArea(now);
        var changed = context.Changed;
        if (changed is not null && records.Length > 0)
            changed(
                new StageEvent<T>.Buffered(
                    queue.SourceId,
                    queues.LastSequence + 1,
                    records.ToArray(),
                    bytes.IsEmpty ? new int[records.Length] : bytes.ToArray(),
                    now
                )
            );
        long size = 0;
        foreach (var one in bytes)
            size += one;
        if (changed is null || !spilled.TrySpill(queue, records.Length, size))
            queue.Records.Add(records, bytes, queues.LastSequence + 1, now);
        queues.LastSequence += records.Length;
        RecordAdded(queue, records.Length, size, now);
    }

    /// <summary>Adds one record, without the overhead of spans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(SourceQueue<T> queue, T record, int bytes, long now)
    {
        queue.UpdateFillArea(now);
        var changed = context.Changed;
        if (changed is not null)
            changed(new StageEvent<T>.Buffered(queue.SourceId, queues.LastSequence + 1, [record], [bytes], now));
        if (changed is null || !spilled.TrySpill(queue, 1, bytes))
            queue.Records.Add(record, bytes, queues.LastSequence + 1, now);
        queues.LastSequence++;
        RecordAdded(queue, 1, bytes, now);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void RecordAdded(SourceQueue<T> queue, int records, long bytes, long now)
    {
        queues.Buffered += records;
        queue.PendingBytes += bytes;
        queue.Counts.Accepted += records;
        expiry.UpdateNextDue(now);
        if (!queue.InRound)
            round.Rejoin(queue);
    }

    /// <inheritdoc cref="SpilledRecords{T}.RestoreSpilled"/>
    public void RestoreSpilled(SourceQueue<T> queue, in StoredRecord<T> stored) =>
        spilled.RestoreSpilled(queue, stored);

    /// <inheritdoc cref="SpilledRecords{T}.Lose"/>
    public void LoseSpilled(SourceQueue<T> queue, int records, long bytes, long now) =>
        spilled.Lose(queue, records, bytes, now);

    /// <summary>Returns waiting records, source by source, in order within each source.</summary>
    /// <param name="max">The most records to return.</param>
    public IReadOnlyList<BufferedRecord<T>> Peek(int max)
    {
        var peeked = new List<BufferedRecord<T>>();
        foreach (var queue in queues.All)
        foreach (var queued in queue.Records.EnumerateRecords().Take(max - peeked.Count))
            peeked.Add(context.Show(queue, queued));
        return peeked;
    }

    /// <summary>
    /// Leases up to <paramref name="max"/> records, serving the sources in turn (deficit round robin). Null when none
    /// is available.
    /// </summary>
    /// <param name="max">The most records to lease, from 1.</param>
    /// <param name="now">The time.</param>
    /// <param name="oneSource">Whether to take from one source only.</param>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="timeout">The duration of the lease; null: the duration in the settings.</param>
    /// <param name="heldLease">
    /// The id of an open lease of the same consumer: records of the sources that it holds may also be taken; 0: the
    /// consumer holds no lease.
    /// </param>
    public Lease<T>? GetBatch(
        int max,
        long now,
        bool oneSource = false,
        string? consumer = null,
        TimeSpan? timeout = null,
        long heldLease = 0
    ) => GetBatch(max, now, oneSource, consumer, timeout, leases.FindRoot(heldLease));

    /// <inheritdoc cref="LeaseIssuer{T}.GetBatch"/>
    public Lease<T>? GetBatch(int max, long now, bool oneSource, string? consumer, TimeSpan? timeout, Lease<T>? root)
    {
        if (NextDue <= now)
            ProcessDue(now);
        return issuer.GetBatch(max, now, oneSource, consumer, timeout, root);
    }

    /// <inheritdoc cref="LeaseTable{T}.FindRoot"/>
    public Lease<T>? FindRoot(long leaseId) => leases.FindRoot(leaseId);

    /// <summary>Returns an open lease; null: there is none, and the status contains the reason.</summary>
    public Lease<T>? Find(long leaseId, long now, out SettleStatus status)
    {
        if (leases.First is { } first && first.DeadlineMs <= now)
            ProcessDue(now);
        return leases.Find(leaseId, out status);
    }

    /// <summary>Gives a lease its own duration again, from now.</summary>
    public SettleStatus Renew(long leaseId, long now)
    {
        if (Find(leaseId, now, out var status) is { } lease)
            leases.SetDeadline(lease, now + lease.DurationMs);
        return status;
    }

    /// <summary>Completes records of a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">The sequences of the records; null: all that are open.</param>
    /// <param name="now">The time.</param>
    public SettleResult Complete(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, SettleKind.Completed, "", now);

    /// <summary>
    /// Completes records of a lease, all of one source, for a hop: their queue's room is not released but left to the
    /// caller.
    /// </summary>
    public SettleResult Hop(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, SettleKind.Hopped, "", now);

    /// <summary>Lets records of a queue that had to wait for the results of a hop be leased again.</summary>
    public void ReleaseAfterHop(SourceQueue<T> queue)
    {
        queue.Leaving--;
        round.Rejoin(queue);
    }

    /// <summary>Moves records of a lease to the dead letters.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">The sequences of the records; null: all that are open.</param>
    /// <param name="reason">The reason; stored with the dead letters.</param>
    /// <param name="now">The time.</param>
    public SettleResult DeadLetter(long leaseId, IReadOnlyList<long>? sequences, string reason, long now) =>
        Settle(leaseId, sequences, SettleKind.DeadLettered, reason, now);

    /// <summary>Returns records of a lease to the head of their queues.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">The sequences of the records; null: all that are open.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="charge">Whether the return counts as a retry.</param>
    /// <param name="now">The time.</param>
    public SettleResult ReturnToBuffer(
        long leaseId,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge,
        long now
    ) => Settle(leaseId, sequences, charge ? SettleKind.Returned : SettleKind.ReturnedUncharged, reason, now);

    /// <summary>
    /// Returns records for a caller that has only the records, each to the lease that contained it. A record created by
    /// the caller names no lease: it is searched for in the open leases, with the same number of retries.
    /// </summary>
    public SettleResult ReturnToBuffer(BufferedRecord<T>[] records, string reason, long now)
    {
        var result = new SettleResult(SettleStatus.UnknownLease, 0);
        foreach (var given in records.GroupBy(r => r.LeaseId == 0 ? leases.FindHolder(r) : r.LeaseId))
        {
            var one = ReturnToBuffer(given.Key, [.. given.Select(r => r.Sequence)], reason, charge: true, now);
            var status =
                one.Settled > 0 ? SettleStatus.Ok
                : one.Status == SettleStatus.LeaseExpired && !result.IsOk ? one.Status
                : result.Status;
            result = new(status, result.Settled + one.Settled, result.DeadLettered + one.DeadLettered);
        }
        return result;
    }

    /// <summary>
    /// Ends leases whose consumers have died, with their open records, as if their deadlines had passed. The leases are
    /// judged together: if a single record is open in all of them, it is charged; if there are several, none is
    /// charged, and they are leased again in smaller leases. If each lease already had one record only, the records are
    /// leased again one at a time over all leases, and the record that is leased when its consumer dies is charged.
    /// </summary>
    /// <param name="leaseIds">The ids of the leases.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="now">The time.</param>
    public SettleResult Abandon(IReadOnlyList<long> leaseIds, string reason, long now)
    {
        var nothing = new SettleResult(leaseIds.Count == 0 ? SettleStatus.Ok : SettleStatus.UnknownLease, 0);
        List<Lease<T>> found = [];
        foreach (var leaseId in leaseIds)
        {
            if (Find(leaseId, now, out var status) is { } lease)
            {
                if (!found.Contains(lease))
                    found.Add(lease);
            }
            else if (status == SettleStatus.LeaseExpired)
                nothing = new(status, 0);
        }
        return found.Count == 0 ? nothing : failures.Abandon(found, reason, now);
    }

    SettleResult Settle(long leaseId, IReadOnlyList<long>? sequences, SettleKind kind, string reason, long now) =>
        Find(leaseId, now, out var status) is { } lease
            ? settler.Settle(lease, sequences, kind, reason, now)
            : new(status, 0);

    /// <inheritdoc cref="StageRebuilder{T}.Apply"/>
    public void Apply(StageEvent<T> happened, long now) => rebuilder.Apply(happened, now);

    /// <inheritdoc cref="StageRebuilder{T}.Restore(long, IEnumerable{DeadLetter{T}}, long, Func{T, int})"/>
    public void Restore(long sequence, IEnumerable<DeadLetter<T>> kept, long discarded, Func<T, int> sizeOf) =>
        rebuilder.Restore(sequence, kept, discarded, sizeOf);

    /// <inheritdoc cref="StageRebuilder{T}.Restore(SourceQueue{T}, in StoredRecord{T}, long)"/>
    public void Restore(SourceQueue<T> queue, in StoredRecord<T> stored, long now) =>
        rebuilder.Restore(queue, stored, now);

    /// <summary>Restores the rest of a queue's backoff.</summary>
    public void RestoreSleep(SourceQueue<T> queue, long until, long now) => backoffs.Sleep(queue, until, now);

    [Conditional("DEBUG")]
    public void AssertInvariants()
    {
        Debug.Assert(Buffered == Queues.Sum(l => l.Buffered), "the stage's count of buffered records is its queues'");
        Debug.Assert(InFlight == Queues.Sum(l => l.InFlight), "the stage's count of records in flight is its queues'");
        Debug.Assert(InFlight == Leases.Sum(l => l.Open), "every record in flight is in an open lease");
        foreach (var queue in Queues)
        {
            var before = 0L;
            foreach (var queued in queue.Records.EnumerateRecords())
            {
                Debug.Assert(before < queued.Sequence, "a queue is in order of sequence");
                before = queued.Sequence;
            }
            Debug.Assert(
                queue.Holder is not { HasMore: false } holder
                    || !round.CanServe(queue, holder)
                    || queue.InRound
                    || round.IsCurrent(queue),
                "what a holder could take is in the round or noted"
            );
            Debug.Assert(
                !round.CanServe(queue, null) || queue.InRound || round.IsCurrent(queue),
                "a queue that can be served is in the round"
            );
        }
    }
}
