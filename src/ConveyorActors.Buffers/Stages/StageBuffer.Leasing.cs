using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    const int MostPooled = 8;

    readonly Queue<SourceQueue<T>> round = new();
    readonly Dictionary<long, Lease<T>> leases = [];
    readonly Stack<LeasedRecords<T>> pooled = new();
    readonly HashSet<long> expiredLeases = [];
    readonly Queue<long> expiredOrder = new();
    readonly PoisonIsolation<T> isolation = new();
    SourceQueue<T>? current;
    Lease<T>? firstLease,
        lastLease;

    /// <summary>
    /// Gets whether a consumer that holds no other lease could be leased a record now. Exact, except for times that
    /// have passed and were not looked at yet.
    /// </summary>
    /// <remarks>
    /// Queues that were emptied while they were in the round (records expired or were dropped), or that another lease
    /// holds, leave the round here. Each leaves once for each time it has joined, so the cost is constant over time.
    /// </remarks>
    internal bool CanServeNow
    {
        get
        {
            if (current is { } going)
            {
                if (CanServe(going, null))
                    return true;
                LeaveRound(going);
            }
            while (round.TryPeek(out var next))
            {
                if (CanServe(next, null))
                    return true;
                round.Dequeue();
                LeaveRound(next);
            }
            return false;
        }
    }

    internal IEnumerable<Lease<T>> Leases => leases.Values;

    internal Lease<T>? OldestLease
    {
        get
        {
            Lease<T>? oldest = null;
            foreach (var lease in leases.Values)
                if (oldest is null || lease.LeasedAt < oldest.LeasedAt)
                    oldest = lease;
            return oldest;
        }
    }

    /// <summary>
    /// Leases up to <paramref name="max"/> records, serving the sources in turn (deficit round robin). Null when there
    /// is none to be had.
    /// </summary>
    /// <param name="max">From 1.</param>
    /// <param name="now">The time.</param>
    /// <param name="oneSource">Take from one source only.</param>
    /// <param name="consumer">Who asks.</param>
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
    ) => GetBatch(max, now, oneSource, consumer, timeout, RootOf(heldLease));

    /// <summary>
    /// Returns the first of the leases that a consumer holds together (see <see cref="Lease{T}.Root"/>); null: the
    /// lease is not open.
    /// </summary>
    internal Lease<T>? RootOf(long leaseId) =>
        leaseId != 0 && leases.TryGetValue(leaseId, out var lease) ? lease.Root : null;

    internal Lease<T>? GetBatch(int max, long now, bool oneSource, string? consumer, TimeSpan? timeout, Lease<T>? root)
    {
        if (NextDue <= now)
            Tick(now);
        if (root is { IsLimited: true })
            return null;
        if (root is not null && isolation.IsActive && PoisonIsolation<T>.HasOneAlone(HeldWith(root)))
        {
            root.IsLimited = true;
            return null;
        }
        if (root is not null)
            LetTakeTurns(root);
        // The queues that the root holds have just joined the round. CanServeNow would remove them again: it asks for a
        // consumer that holds no lease.
        if (root is null ? !CanServeNow : current is null && round.Count == 0)
            return null;
        var most = Math.Min(max, Buffered);
        var leased = Rent(most);
        var lease = new Lease<T>(
            this,
            UniqueIds.Next(),
            leased,
            now,
            now + Durations.Milliseconds(timeout ?? Settings.LeaseTimeout),
            consumer
        );
        if (root is not null)
            lease.SetRoot(root);
        var isStrict = Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
        var taken = 0;
        while (taken < most && NextInTurn(lease) is { } queue)
        {
            var count = Math.Min(most - taken, Math.Min(queue.Records.Count, queue.Deficit));
            if (isolation.IsActive)
            {
                most = Math.Min(most, MostWith(queue, root));
                if (most <= taken)
                {
                    if (taken == 0)
                        root!.IsLimited = true;
                    break; // the queue is the first of the next lease
                }
                count = PoisonIsolation<T>.Together(queue, Math.Min(count, most - taken));
            }
            if (isolation.IsActive && PoisonIsolation<T>.IsNextAlone(queue))
                isolation.Alone = lease;
            Take(queue, leased, count, now);
            taken += count;
            queue.Deficit -= count;
            if (isStrict)
                queue.Holder = lease.Root;
            if (queue.Records.Count == 0)
            {
                queue.Deficit = 0;
                LeaveRound(queue);
            }
            else if (queue.Deficit == 0)
                ToTheEnd(queue);
            if (oneSource)
                break;
            if (queue.SuspectsUpTo != 0 && queue.Records.Count > 0 && !PoisonIsolation<T>.HasSuspects(queue))
                break;
        }
        if (taken == 0)
        {
            GiveBack(leased);
            return null;
        }
        lease.Count = lease.Open = taken;
        InFlight += taken;
        Buffered -= taken;
        leases.Add(lease.Id, lease);
        Link(lease);
        if (isolation.IsActive)
            LookAgain();
        return lease;
    }

    /// <summary>The open leases that one consumer holds together.</summary>
    IEnumerable<Lease<T>> HeldWith(Lease<T> root) => leases.Values.Where(l => ReferenceEquals(l.Root, root));

    /// <summary>
    /// How many records a lease may have that has some of this queue; 0: its consumer must settle first what it holds.
    /// </summary>
    int MostWith(SourceQueue<T> queue, Lease<T>? root) =>
        queue.LeaseLimit == 0 ? int.MaxValue
        : queue.LeaseLimit == 1 && root is not null && HeldWith(root).Any() ? 0
        : queue.LeaseLimit;

    /// <summary>Something has changed that consumers may have been refused more records for.</summary>
    void LookAgain()
    {
        foreach (var lease in leases.Values)
            lease.Root.IsLimited = false;
    }

    /// <summary>Moves a lease's deadline.</summary>
    public SettleStatus Renew(long leaseId, long now)
    {
        if (Find(leaseId, now, out var status) is not { } lease)
            return status;
        Unlink(lease);
        lease.DeadlineMs = now + Durations.Milliseconds(Settings.LeaseTimeout);
        Link(lease);
        return SettleStatus.Ok;
    }

    internal Lease<T>? Find(long leaseId, long now, out SettleStatus status)
    {
        if (firstLease is { } first && first.DeadlineMs <= now)
            Tick(now);
        if (leases.TryGetValue(leaseId, out var lease))
        {
            status = SettleStatus.Ok;
            return lease;
        }
        status = expiredLeases.Contains(leaseId) ? SettleStatus.LeaseExpired : SettleStatus.UnknownLease;
        return null;
    }

    static void Take(SourceQueue<T> queue, LeasedRecords<T> leased, int count, long now)
    {
        queue.BeforeChange(now);
        var before = leased.Runs.Length;
        queue.Records.MoveTo(leased, queue, count);
        queue.InFlight += count;
        queue.Counts.Leased += count;
        foreach (ref readonly var run in leased.Runs[before..])
            queue.Counts.WaitedMs += run.Run.Count * (now - run.Run.BufferedAt);
    }

    /// <summary>
    /// The queue whose turn it is, with what it may still be served in this turn; null when no queue can be served.
    /// </summary>
    SourceQueue<T>? NextInTurn(Lease<T> asking)
    {
        if (current is { } going)
        {
            if (CanServe(going, asking))
                return going;
            LeaveRound(going);
        }
        while (round.TryDequeue(out var queue))
        {
            if (!CanServe(queue, asking))
            {
                LeaveRound(queue);
                continue;
            }
            queue.Deficit = Math.Min(queue.Deficit, Settings.Quantum) + Settings.Quantum;
            return current = queue;
        }
        return null;
    }

    bool CanServe(SourceQueue<T> queue, Lease<T>? asking) =>
        queue.Records.Count > 0
        && queue.SleepsUntil == 0
        && queue.Leaving == 0
        && (queue.Holder is null || ReferenceEquals(queue.Holder, asking?.Root))
        && (isolation.Alone is null || !PoisonIsolation<T>.IsNextAlone(queue));

    /// <summary>
    /// Puts the queues that a lease holds back into the round, because the same consumer asks for more. Requests of
    /// other consumers skip these queues.
    /// </summary>
    void LetTakeTurns(Lease<T> root)
    {
        if (!root.HasMore)
            return;
        root.HasMore = false;
        foreach (var queue in queues.Values)
        {
            if (queue.InRound || !ReferenceEquals(queue.Holder, root) || !CanServe(queue, root))
                continue;
            queue.InRound = true;
            round.Enqueue(queue);
        }
    }

    /// <summary>Strict order was given up: queues that one lease held are there for all.</summary>
    void LetAllTake()
    {
        foreach (var queue in queues.Values)
        {
            queue.Holder = null;
            Rejoin(queue);
        }
    }

    void Rejoin(SourceQueue<T> queue)
    {
        if (queue.InRound)
            return;
        if (!CanServe(queue, null))
        {
            NoteMore(queue);
            return;
        }
        queue.InRound = true;
        round.Enqueue(queue);
    }

    void LeaveRound(SourceQueue<T> queue)
    {
        if (ReferenceEquals(current, queue))
            current = null;
        queue.InRound = false;
        NoteMore(queue);
    }

    void NoteMore(SourceQueue<T> queue)
    {
        if (queue.Holder is { } holder && CanServe(queue, holder))
            holder.HasMore = true;
    }

    void ToTheEnd(SourceQueue<T> queue)
    {
        current = null;
        round.Enqueue(queue);
    }

    void Link(Lease<T> lease)
    {
        // Deadlines come nearly sorted: most leases last equally long.
        var before = lastLease;
        while (before is not null && before.DeadlineMs > lease.DeadlineMs)
            before = before.Earlier;
        lease.Earlier = before;
        lease.Later = before is null ? firstLease : before.Later;
        if (lease.Later is { } later)
            later.Earlier = lease;
        else
            lastLease = lease;
        if (before is null)
            firstLease = lease;
        else
            before.Later = lease;
    }

    void Unlink(Lease<T> lease)
    {
        if (lease.Earlier is { } earlier)
            earlier.Later = lease.Later;
        else
            firstLease = lease.Later;
        if (lease.Later is { } later)
            later.Earlier = lease.Earlier;
        else
            lastLease = lease.Earlier;
        lease.Earlier = lease.Later = null;
    }

    LeasedRecords<T> Rent(int capacity)
    {
        while (pooled.TryPop(out var leased))
            if (leased.Capacity >= capacity)
                return leased;
        return new(capacity);
    }

    void GiveBack(LeasedRecords<T> leased)
    {
        if (pooled.Count == MostPooled)
            return;
        leased.Clear();
        pooled.Push(leased);
    }
}
