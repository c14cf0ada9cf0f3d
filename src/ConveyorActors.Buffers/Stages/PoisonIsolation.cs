namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Reduces the size of leases after a consumer died, until a lease of one record fails, so that only that record is
/// charged.
/// </summary>
/// <remarks>
/// Guarded by the stage's lock. A source whose records were in a failed lease of n records is narrowed: no lease with
/// records of it has more than n / 2 records. The records that were in the failed lease are suspects; while there are
/// suspects, a lease takes no records of the source behind them, and the limit does not grow. Each failure therefore
/// leaves at most half as many suspects as the one before, and n records take about log2(n) failures. Once all suspects
/// are settled, each lease that is settled in full doubles the limit. If a consumer that held separate leases of one
/// record each dies, smaller leases cannot isolate the cause: those suspects are leased one at a time over all leases
/// of the stage, until one fails. Limits are lost with the leases, when the process ends.
/// </remarks>
sealed class PoisonIsolation<T>
{
    const int Unlimited = 1 << 20;

    int narrowed;

    /// <summary>Gets whether any source has a limit; otherwise no other member needs to be called.</summary>
    public bool IsActive => narrowed > 0;

    /// <summary>
    /// Gets or sets the lease of the suspect that is leased now, of those that are leased one at a time; null: none is
    /// leased.
    /// </summary>
    public Lease<T>? Alone { get; set; }

    /// <summary>
    /// Returns whether one of the open records in these leases is a suspect that must be leased alone: its consumer
    /// gets no other record with it. Before that stage of narrowing, only each lease is limited, since a consumer may
    /// need several leases before it can settle any.
    /// </summary>
    public static bool HasOneAlone(IEnumerable<Lease<T>> held)
    {
        foreach (var lease in held)
        foreach (ref readonly var run in lease.Leased.Runs)
            if (run.Queue.LeaseLimit == 1 && lease.Leased.HasOpen(run))
                return true;
        return false;
    }

    /// <summary>
    /// Returns how many records of a source, up to a maximum, may be in one lease: suspects are not mixed with other
    /// records.
    /// </summary>
    public static int CountLeasableTogether(SourceQueue<T> queue, int max)
    {
        if (queue.SuspectsUpTo == 0)
            return max;
        if (!HasSuspects(queue))
        {
            queue.SuspectsUpTo = 0;
            queue.SuspectsAlone = false;
            return max;
        }
        return Math.Min(max, queue.Records.CountUpTo(queue.SuspectsUpTo));
    }

    /// <summary>Narrows a source whose records were in a lease that failed.</summary>
    /// <param name="queue">The source's queue.</param>
    /// <param name="failed">
    /// The number of records that the consumer held, including those of other sources and leases.
    /// </param>
    /// <param name="first">The first sequence of the source's records in the lease.</param>
    /// <param name="last">The last sequence of the source's records in the lease.</param>
    /// <param name="isNew">
    /// False when another lease has failed for the same reason, and the source may have been narrowed for it.
    /// </param>
    public void Narrow(SourceQueue<T> queue, int failed, long first, long last, bool isNew)
    {
        var limit = failed / 2;
        if (queue.LeaseLimit == 0)
            narrowed++;
        else
            limit = Math.Min(limit, isNew ? queue.LeaseLimit / 2 : queue.LeaseLimit);
        queue.LeaseLimit = Math.Max(1, limit);
        queue.SuspectsUpTo = queue.SuspectsUpTo < first ? last : Math.Min(queue.SuspectsUpTo, last);
    }

    /// <summary>
    /// Marks a source's records to be leased one at a time, because they were in separate leases of one record each,
    /// held by one consumer that died.
    /// </summary>
    /// <param name="queue">The source's queue.</param>
    /// <param name="last">The last sequence of the source's records.</param>
    public void Isolate(SourceQueue<T> queue, long last)
    {
        if (queue.LeaseLimit == 0)
            narrowed++;
        queue.LeaseLimit = 1;
        queue.SuspectsUpTo = Math.Max(queue.SuspectsUpTo, last);
        queue.SuspectsAlone = true;
    }

    /// <summary>
    /// Returns whether the next record of a source's queue is one of those that are leased one at a time.
    /// </summary>
    public static bool IsNextAlone(SourceQueue<T> queue) => queue.SuspectsAlone && HasSuspects(queue);

    /// <summary>Widens the limits after a lease was settled and each of its records was tried.</summary>
    public void Widen(Lease<T> lease)
    {
        SourceQueue<T>? before = null;
        foreach (ref readonly var run in lease.Leased.Runs)
        {
            var queue = run.Queue;
            if (ReferenceEquals(queue, before))
                continue; // the runs of one source are adjacent in a lease
            before = queue;
            if (queue.LeaseLimit == 0 || HasSuspects(queue))
                continue;
            queue.LeaseLimit *= 2;
            if (queue.LeaseLimit >= Unlimited)
                Forget(queue);
        }
    }

    /// <summary>Removes a source's limit.</summary>
    public void Forget(SourceQueue<T> queue)
    {
        if (queue.LeaseLimit == 0)
            return;
        narrowed--;
        queue.LeaseLimit = 0;
        queue.SuspectsUpTo = 0;
        queue.SuspectsAlone = false;
    }

    /// <summary>Returns whether records that were in a failed lease wait at the head of the queue.</summary>
    public static bool HasSuspects(SourceQueue<T> queue) =>
        queue.Records.Count > 0 && queue.Records.FirstSequence <= queue.SuspectsUpTo;
}
