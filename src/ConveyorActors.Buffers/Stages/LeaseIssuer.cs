namespace ConveyorActors.Buffers.Stages;

/// <summary>Leases waiting records, source by source in turn.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class LeaseIssuer<T>(
    StageContext<T> context,
    StageQueues<T> queues,
    ServingRound<T> round,
    LeaseTable<T> leases,
    PoisonIsolation<T> isolation
)
{
    /// <summary>Leases up to <paramref name="max"/> records; null when none is available.</summary>
    /// <param name="max">The most records to lease, from 1.</param>
    /// <param name="now">The time.</param>
    /// <param name="oneSource">Whether to take from one source only.</param>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="timeout">The duration of the lease; null: the duration in the settings.</param>
    /// <param name="root">The first of the leases that the consumer already holds; null: it holds none.</param>
    public Lease<T>? GetBatch(int max, long now, bool oneSource, string? consumer, TimeSpan? timeout, Lease<T>? root)
    {
        if (root is null ? !round.CanServeNow : !CanServeMore(root))
            return null;
        var most = Math.Min(max, queues.Buffered);
        var leased = leases.Rent(most);
        var lease = new Lease<T>(
            context,
            UniqueIds.CreateId(),
            leased,
            now,
            now + Durations.ToMilliseconds(timeout ?? context.Settings.LeaseTimeout),
            consumer
        );
        if (root is not null)
            lease.SetRoot(root);
        var taken = Fill(lease, root, most, oneSource, now);
        if (taken == 0)
        {
            leases.GiveBack(leased);
            return null;
        }
        lease.Count = lease.Open = taken;
        queues.InFlight += taken;
        queues.Buffered -= taken;
        leases.Add(lease);
        if (isolation.IsActive)
            leases.RetryLimited();
        return lease;
    }

    /// <summary>
    /// Lets the queues that a consumer holds join the round, and returns whether the consumer may get more records.
    /// </summary>
    bool CanServeMore(Lease<T> root)
    {
        if (root.IsLimited)
            return false;
        if (isolation.IsActive && PoisonIsolation<T>.HasOneAlone(leases.GetHeldWith(root)))
        {
            root.IsLimited = true;
            return false;
        }
        round.RejoinHeld(root, queues);
        // CanServeNow would remove the queues that have just joined, because it checks for a consumer without a lease.
        return !round.IsEmpty;
    }

    /// <summary>Takes records from the queues in turn. Returns the number taken.</summary>
    int Fill(Lease<T> lease, Lease<T>? root, int most, bool oneSource, long now)
    {
        var isStrict = context.Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
        var taken = 0;
        while (taken < most && round.SelectNext(lease) is { } queue)
        {
            var count = Math.Min(most - taken, Math.Min(queue.Records.Count, queue.Deficit));
            if (isolation.IsActive)
            {
                most = Math.Min(most, GetMaxRecords(queue, root));
                if (most <= taken)
                {
                    if (taken == 0)
                        root!.IsLimited = true;
                    break; // the queue is the first one for the next lease
                }
                count = PoisonIsolation<T>.CountLeasableTogether(queue, Math.Min(count, most - taken));
                if (PoisonIsolation<T>.IsNextAlone(queue))
                    isolation.Alone = lease;
            }
            Take(queue, lease.Leased, count, now);
            taken += count;
            if (isStrict)
                queue.Holder = lease.Root;
            round.ChargeServed(queue, count);
            if (oneSource && (isolation.IsActive || !round.IsCurrent(queue)))
                break;
            if (queue.SuspectsUpTo != 0 && queue.Records.Count > 0 && !PoisonIsolation<T>.HasSuspects(queue))
                break;
        }
        return taken;
    }

    /// <summary>
    /// Returns how many records a lease that includes this queue may have; 0: the consumer must first settle the
    /// records it holds.
    /// </summary>
    int GetMaxRecords(SourceQueue<T> queue, Lease<T>? root) =>
        queue.LeaseLimit == 0 ? int.MaxValue
        : queue.LeaseLimit == 1 && root is not null && leases.GetHeldWith(root).Any() ? 0
        : queue.LeaseLimit;

    static void Take(SourceQueue<T> queue, LeasedRecords<T> leased, int count, long now)
    {
        var before = leased.Runs.Length;
        queue.Records.MoveTo(leased, queue, count);
        queue.InFlight += count;
        queue.Counts.Leased += count;
        foreach (ref readonly var run in leased.Runs[before..])
            queue.Counts.WaitedMs += run.Run.Count * (now - run.Run.BufferedAt);
    }
}
