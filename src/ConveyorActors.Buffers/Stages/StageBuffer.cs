using System.Diagnostics;
using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>One stage's queues, leases, retries and dead letters: the facade of the parts that own them.</summary>
/// <remarks>
/// Deterministic: it has no clock, no thread and no lock of its own. Time comes in as milliseconds that never go back;
/// calls must be serialised. It does not admit: its owner takes room first, and is told through
/// <see cref="IStageRoom"/> when room becomes free.
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
    /// <param name="pipelineId">The pipeline it belongs to.</param>
    /// <param name="stageId">Its name.</param>
    /// <param name="settings">How it handles records.</param>
    /// <param name="dateOf">Turns the milliseconds given to its methods into a date.</param>
    /// <param name="changed">
    /// Told of every change, in order, before the call that caused it returns; null: nobody listens, and no event is
    /// made.
    /// </param>
    /// <param name="seed">Seeds the jitter.</param>
    /// <param name="room">Told of room that becomes free; null: the stage stands alone.</param>
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

    /// <summary>Gets how many records wait.</summary>
    public int Buffered => queues.Buffered;

    /// <summary>Gets how many records consumers hold.</summary>
    public int InFlight => queues.InFlight;

    public long LastSequence => queues.LastSequence;

    public Dictionary<string, SourceQueue<T>>.ValueCollection Queues => queues.All;

    /// <summary>Gets the queue that was used last; null: none, or it is gone.</summary>
    public SourceQueue<T>? LastQueue => queues.Last;

    public Dictionary<long, Lease<T>>.ValueCollection Leases => leases.All;

    public Lease<T>? OldestLease => leases.Oldest;

    /// <inheritdoc cref="ServingRound{T}.CanServeNow"/>
    public bool CanServeNow => round.CanServeNow;

    /// <summary>
    /// Gets when <see cref="Tick"/> next has something to do; <see cref="long.MaxValue"/>: never, as things are.
    /// </summary>
    public long NextDue =>
        Math.Min(Math.Min(leases.First?.DeadlineMs ?? long.MaxValue, expiry.NextDue), backoffs.NextDue);

    /// <summary>
    /// Does what time has brought: leases past their deadline return, backoffs end, records past their time to live
    /// expire.
    /// </summary>
    public void Tick(long now)
    {
        while (leases.First is { } lease && lease.DeadlineMs <= now)
            failures.Expire(lease, now);
        backoffs.Wake(now);
        if (expiry.NextDue <= now)
            expiry.Expire(now);
    }

    public SourceQueue<T>? FindQueue(string source) => queues.Find(source);

    public SourceQueue<T> QueueOf(string source, long now) => queues.GetOrAdd(source, now);

    public void RemoveQueue(SourceQueue<T> queue)
    {
        queues.Remove(queue);
        isolation.Forget(queue);
        round.Forget(queue);
    }

    /// <summary>Adds records of one source at the tail of its queue.</summary>
    /// <param name="source">The source.</param>
    /// <param name="records">The records.</param>
    /// <param name="bytes">Their sizes, or empty: all 0.</param>
    /// <param name="now">The time.</param>
    public void Add(string source, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now) =>
        Add(QueueOf(source, now), records, bytes, now);

    /// <inheritdoc cref="Add(string, ReadOnlySpan{T}, ReadOnlySpan{int}, long)"/>
    public void Add(SourceQueue<T> queue, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now)
    {
        queue.BeforeChange(now);
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
        Added(queue, records.Length, size, now);
    }

    /// <summary>Adds one record, without the detour over spans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(SourceQueue<T> queue, T record, int bytes, long now)
    {
        queue.BeforeChange(now);
        var changed = context.Changed;
        if (changed is not null)
            changed(new StageEvent<T>.Buffered(queue.SourceId, queues.LastSequence + 1, [record], [bytes], now));
        if (changed is null || !spilled.TrySpill(queue, 1, bytes))
            queue.Records.Add(record, bytes, queues.LastSequence + 1, now);
        queues.LastSequence++;
        Added(queue, 1, bytes, now);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Added(SourceQueue<T> queue, int records, long bytes, long now)
    {
        queues.Buffered += records;
        queue.PendingBytes += bytes;
        queue.Counts.Accepted += records;
        expiry.Note(now);
        if (!queue.InRound)
            round.Rejoin(queue);
    }

    /// <inheritdoc cref="SpilledRecords{T}.Unspill"/>
    public void Unspill(SourceQueue<T> queue, in StoredRecord<T> stored) => spilled.Unspill(queue, stored);

    /// <inheritdoc cref="SpilledRecords{T}.Lose"/>
    public void LoseSpilled(SourceQueue<T> queue, int records, long bytes, long now) =>
        spilled.Lose(queue, records, bytes, now);

    /// <summary>Returns the records that wait, source by source, each source's in order.</summary>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<BufferedRecord<T>> Peek(int max)
    {
        var peeked = new List<BufferedRecord<T>>();
        foreach (var queue in queues.All)
        foreach (var queued in queue.Records.All().Take(max - peeked.Count))
            peeked.Add(context.Show(queue, queued));
        return peeked;
    }

    /// <summary>
    /// Leases up to <paramref name="max"/> records, serving the sources in turn (deficit round robin). Null when there
    /// is none to be had.
    /// </summary>
    /// <param name="max">From 1.</param>
    /// <param name="now">The time.</param>
    /// <param name="oneSource">Take from one source only.</param>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="timeout">How long the lease lasts; null: as long as the settings say.</param>
    /// <param name="heldLease">
    /// The id of an open lease of the same consumer: records of the sources that it holds may be taken, too; 0: the
    /// consumer holds no lease.
    /// </param>
    public Lease<T>? GetBatch(
        int max,
        long now,
        bool oneSource = false,
        string? consumer = null,
        TimeSpan? timeout = null,
        long heldLease = 0
    ) => GetBatch(max, now, oneSource, consumer, timeout, leases.RootOf(heldLease));

    /// <inheritdoc cref="LeaseIssuer{T}.GetBatch"/>
    public Lease<T>? GetBatch(int max, long now, bool oneSource, string? consumer, TimeSpan? timeout, Lease<T>? root)
    {
        if (NextDue <= now)
            Tick(now);
        return issuer.GetBatch(max, now, oneSource, consumer, timeout, root);
    }

    /// <inheritdoc cref="LeaseTable{T}.RootOf"/>
    public Lease<T>? RootOf(long leaseId) => leases.RootOf(leaseId);

    /// <summary>Returns an open lease; null: the status says why there is none.</summary>
    public Lease<T>? Find(long leaseId, long now, out SettleStatus status)
    {
        if (leases.First is { } first && first.DeadlineMs <= now)
            Tick(now);
        return leases.Find(leaseId, out status);
    }

    /// <summary>Moves a lease's deadline.</summary>
    public SettleStatus Renew(long leaseId, long now)
    {
        if (Find(leaseId, now, out var status) is { } lease)
            leases.SetDeadline(lease, now + Durations.Milliseconds(Settings.LeaseTimeout));
        return status;
    }

    /// <summary>Settles records of a lease as done.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">Which of its records; null: all that are open.</param>
    /// <param name="now">The time.</param>
    public SettleResult Complete(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, Fate.Completed, "", now);

    /// <summary>
    /// Completes records of a lease, all of one source, for a hop: their queue's room is not released but left to the
    /// caller.
    /// </summary>
    public SettleResult Hop(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, Fate.Hopped, "", now);

    /// <summary>Lets records of a queue be leased again that must not overtake the results of a hop.</summary>
    public void Arrived(SourceQueue<T> queue)
    {
        queue.Leaving--;
        round.Rejoin(queue);
    }

    /// <summary>Puts records of a lease among the dead letters.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">Which of its records; null: all that are open.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The time.</param>
    public SettleResult DeadLetter(long leaseId, IReadOnlyList<long>? sequences, string reason, long now) =>
        Settle(leaseId, sequences, Fate.DeadLettered, reason, now);

    /// <summary>Gives records of a lease back to the head of their queues.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">Which of its records; null: all that are open.</param>
    /// <param name="reason">Why.</param>
    /// <param name="charge">Whether it counts as a retry.</param>
    /// <param name="now">The time.</param>
    public SettleResult ReturnToBuffer(
        long leaseId,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge,
        long now
    ) => Settle(leaseId, sequences, charge ? Fate.Returned : Fate.ReturnedUncharged, reason, now);

    /// <summary>
    /// Gives records back for a caller that has only the records, each to the lease that gave it. A record that the
    /// caller has made itself names no lease: it is looked for in the open leases, with as many retries as it says.
    /// </summary>
    public SettleResult ReturnToBuffer(BufferedRecord<T>[] records, string reason, long now)
    {
        var result = new SettleResult(SettleStatus.UnknownLease, 0);
        foreach (var given in records.GroupBy(r => r.LeaseId == 0 ? leases.HolderOf(r) : r.LeaseId))
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
    /// The consumers of these leases have died, with whatever is still open in them: as if their deadlines had passed.
    /// They are judged together: when one record is open in all, it is charged; when there are several, none is, and
    /// they come again in smaller leases. Where the leases are of one record each already, their records come again one
    /// at a time over all leases, and the record that is leased when its consumer dies is charged.
    /// </summary>
    /// <param name="leaseIds">The leases.</param>
    /// <param name="reason">Why.</param>
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

    SettleResult Settle(long leaseId, IReadOnlyList<long>? sequences, Fate fate, string reason, long now) =>
        Find(leaseId, now, out var status) is { } lease
            ? settler.Settle(lease, sequences, fate, reason, now)
            : new(status, 0);

    /// <inheritdoc cref="StageRebuilder{T}.Apply"/>
    public void Apply(StageEvent<T> happened, long now) => rebuilder.Apply(happened, now);

    /// <inheritdoc cref="StageRebuilder{T}.Restore(long, IEnumerable{DeadLetter{T}}, long, Func{T, int})"/>
    public void Restore(long sequence, IEnumerable<DeadLetter<T>> kept, long discarded, Func<T, int> sizeOf) =>
        rebuilder.Restore(sequence, kept, discarded, sizeOf);

    /// <inheritdoc cref="StageRebuilder{T}.Restore(SourceQueue{T}, in StoredRecord{T}, long)"/>
    public void Restore(SourceQueue<T> queue, in StoredRecord<T> stored, long now) =>
        rebuilder.Restore(queue, stored, now);

    /// <summary>Lets a queue wait out the rest of its backoff.</summary>
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
            foreach (var queued in queue.Records.All())
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
