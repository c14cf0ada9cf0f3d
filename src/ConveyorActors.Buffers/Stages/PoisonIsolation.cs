namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Makes the leases smaller that follow one whose consumer died, until a lease of one record fails: only that record is
/// charged.
/// </summary>
/// <remarks>
/// Guarded by the stage's lock. A source whose records were in a failed lease of n records is narrowed: no lease with
/// records of it has more than n / 2 records. The records that were in the failed lease are suspects; while there are
/// some, a lease takes nothing of the source behind them, and the limit does not grow. So each failure leaves at most
/// half as many suspects as the one before, and n records take about log2(n) failures. Once the suspects are through,
/// each lease that is settled in full doubles the limit. If a consumer that held separate leases of one record each
/// dies, smaller leases prove nothing: those suspects are leased one at a time over all leases of the stage, until one
/// fails. Limits are forgotten with the leases, when the process ends.
/// </remarks>
sealed class PoisonIsolation<T>
{
    const int Unlimited = 1 << 20;

    int narrowed;

    /// <summary>True when a source has a limit. Otherwise there is nothing to look at.</summary>
    public bool IsActive => narrowed > 0;

    /// <summary>
    /// The lease of the one suspect that is leased now, of those that are leased one at a time; null: none is leased.
    /// </summary>
    public Lease<T>? Alone { get; set; }

    /// <summary>
    /// True when one of the records that are open in these leases is looked at by itself: its consumer gets no other
    /// with it. Before it has come to that, only each lease is limited, since a consumer may need several before it can
    /// settle any.
    /// </summary>
    public static bool HasOneAlone(IEnumerable<Lease<T>> held)
    {
        foreach (var lease in held)
        foreach (ref readonly var run in lease.Leased.Runs)
            if (run.Queue.LeaseLimit == 1 && lease.Leased.HasOpen(run))
                return true;
        return false;
    }

    /// <summary>How many records of a source, up to a number, may be in one lease: no others with suspects.</summary>
    public static int Together(SourceQueue<T> queue, int max)
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

    /// <summary>Records of a source were in a lease that failed.</summary>
    /// <param name="queue">The source's queue.</param>
    /// <param name="failed">
    /// How many records its consumer had in its hands, those of other sources and leases among them.
    /// </param>
    /// <param name="first">The first of the source's.</param>
    /// <param name="last">The last.</param>
    /// <param name="isNew">
    /// False when another lease has failed of the same cause, and the source may have been narrowed for it.
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
    /// Called when a source's records were in separate leases, of one record each, of one consumer that died.
    /// </summary>
    /// <param name="queue">The source's queue.</param>
    /// <param name="last">The last of its records.</param>
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

    /// <summary>A lease is settled, and each of its records was tried.</summary>
    public void Widen(Lease<T> lease)
    {
        SourceQueue<T>? before = null;
        foreach (ref readonly var run in lease.Leased.Runs)
        {
            var queue = run.Queue;
            if (ReferenceEquals(queue, before))
                continue; // a lease has each source's runs one after the other
            before = queue;
            if (queue.LeaseLimit == 0 || HasSuspects(queue))
                continue;
            queue.LeaseLimit *= 2;
            if (queue.LeaseLimit >= Unlimited)
                Forget(queue);
        }
    }

    /// <summary>The source has no limit any more.</summary>
    public void Forget(SourceQueue<T> queue)
    {
        if (queue.LeaseLimit == 0)
            return;
        narrowed--;
        queue.LeaseLimit = 0;
        queue.SuspectsUpTo = 0;
        queue.SuspectsAlone = false;
    }

    /// <summary>True when records that were in a failed lease wait at the head of the queue.</summary>
    public static bool HasSuspects(SourceQueue<T> queue) =>
        queue.Records.Count > 0 && queue.Records.FirstSequence <= queue.SuspectsUpTo;
}
