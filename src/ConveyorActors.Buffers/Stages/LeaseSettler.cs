using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Removes records from their lease: they leave the stage, return to their queue, or become dead letters.
/// </summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class LeaseSettler<T>(
    StageContext<T> context,
    StageQueues<T> queues,
    ServingRound<T> round,
    LeaseTable<T> leases,
    PoisonIsolation<T> isolation,
    StageDeadLetters<T> letters,
    RecordExpiry<T> expiry,
    BackoffTimer<T> backoffs,
    Random random
)
{
    /// <summary>
    /// Settles records of a lease for its consumer, and closes the lease when no record is open.
    /// </summary>
    public SettleResult Settle(Lease<T> lease, IReadOnlyList<long>? sequences, SettleKind kind, string reason, long now)
    {
        var result = Settle(lease, WantedSequences.From(sequences), kind, reason, now);
        if (kind == SettleKind.ReturnedUncharged && result.Settled > 0)
            lease.HasUntried = true;
        if (lease.Open == 0)
        {
            if (isolation.IsActive && !lease.HasUntried)
                isolation.Widen(lease);
            Close(lease, Lease<T>.LeaseState.Settled);
        }
        if (isolation.IsActive)
            leases.RetryLimited();
        lease.Root.IsLimited = false;
        return result;
    }

    /// <summary>Returns the open records of a lease whose consumer has failed, and closes the lease.</summary>
    public SettleResult Expire(Lease<T> lease, bool isCharged, string reason, long now)
    {
        var kind = isCharged ? SettleKind.Returned : SettleKind.ReturnedUncharged;
        var result = Settle(lease, WantedSequences.All, kind, reason, now);
        Close(lease, Lease<T>.LeaseState.Expired);
        leases.RetryLimited();
        return result;
    }

    /// <summary>
    /// Settles records: first adds the dead letters in order, then goes through the lease backwards, so that returned
    /// records are put back last one first, and run by run, so that each queue is updated once.
    /// </summary>
    SettleResult Settle(Lease<T> lease, in WantedSequences wanted, SettleKind kind, string reason, long now)
    {
        var dead = kind is SettleKind.Returned or SettleKind.DeadLettered
            ? AddDeadLetters(lease, wanted, kind, reason, now)
            : 0;
        var settled = 0;
        var runs = lease.Leased.Runs;
        for (var end = runs.Length; end > 0; )
        {
            var queue = runs[end - 1].Queue;
            var start = end - 1;
            while (start > 0 && ReferenceEquals(runs[start - 1].Queue, queue))
                start--;
            queue.UpdateFillArea(now);
            settled += SettleRuns(lease.Leased, queue, runs[start..end], wanted, kind, reason, now);
            end = start;
        }
        lease.Open -= settled;
        queues.InFlight -= settled;
        return new(SettleStatus.Ok, settled + dead, dead);
    }

    int SettleRuns(
        LeasedRecords<T> leased,
        SourceQueue<T> queue,
        ReadOnlySpan<LeasedRun<T>> runs,
        in WantedSequences wanted,
        SettleKind kind,
        string reason,
        long now
    )
    {
        var total = new Total { Sequences = context.Changed is null ? null : [] };
        var isReturned = kind is SettleKind.Returned or SettleKind.ReturnedUncharged;
        // No later call asks for single records, because the lease is closed after this one.
        var isWhole = !isReturned && total.Sequences is null && wanted.IsAll && !leased.HasSettled;
        for (var r = runs.Length - 1; r >= 0; r--)
        {
            ref readonly var run = ref runs[r];
            if (isWhole)
                total.AddRemoved(run.Run.Count, leased.SumBytes(run));
            else
                for (var i = run.End - 1; i >= run.Start; i--)
                {
                    var sequence = run.Run.First + i - run.Start;
                    if (leased.IsSettled(i) || !wanted.Contains(sequence))
                        continue;
                    leased.Settle(i);
                    if (isReturned)
                        PutBack(leased, queue, run, i, kind == SettleKind.Returned, now, ref total);
                    else
                    {
                        total.AddRemoved(1, leased.GetBytes(i));
                        total.Sequences?.Add(sequence);
                    }
                }
        }
        UpdateCounts(queue, total, kind, reason, now);
        return total.Settled;
    }

    /// <summary>Puts one record back at the head of its queue.</summary>
    void PutBack(
        LeasedRecords<T> leased,
        SourceQueue<T> queue,
        in LeasedRun<T> run,
        int i,
        bool isCharged,
        long now,
        ref Total total
    )
    {
        var sequence = run.Run.First + i - run.Start;
        var retries = run.Run.Retries;
        total.Settled++;
        if (isCharged)
        {
            retries++;
            total.Charged++;
            var delay = context.Settings.Backoff.GetDelayMilliseconds(retries, random.NextDouble());
            total.SleepsUntil = Math.Max(total.SleepsUntil, now + delay);
            total.Sequences?.Add(sequence);
        }
        queue.Records.PutBack(new(leased[i], sequence, run.Run.BufferedAt, retries, leased.GetBytes(i)));
        queues.Buffered++;
        expiry.UpdateNextDue(run.Run.BufferedAt);
    }

    /// <summary>Updates the counts of a queue after records of it were settled.</summary>
    void UpdateCounts(SourceQueue<T> queue, in Total total, SettleKind kind, string reason, long now)
    {
        queue.InFlight -= total.Settled;
        if (queue.InFlight == 0)
            queue.Holder = null;
        if (kind is SettleKind.Completed or SettleKind.Hopped)
            queue.Counts.Completed += total.Removed;
        queue.Rate.Add(total.Removed, now);
        queue.Counts.Retries += total.Charged;
        backoffs.Sleep(queue, total.SleepsUntil, now);
        if (total.Sequences is { Count: > 0 } sequences)
        {
            sequences.Reverse();
            context.Changed!(
                kind == SettleKind.Returned
                    ? new StageEvent<T>.Returned(queue.SourceId, sequences, reason, total.SleepsUntil)
                    : new StageEvent<T>.Settled(queue.SourceId, sequences, Dropped: false)
            );
        }
        if (total.Removed > 0)
        {
            if (kind == SettleKind.Hopped)
                queue.PendingBytes -= total.Bytes;
            else
                context.Release(queue, total.Removed, total.Bytes);
        }
        round.Rejoin(queue);
    }

    /// <summary>
    /// Moves records that are rejected or have no retries left to the dead letters. Returns their number.
    /// </summary>
    int AddDeadLetters(Lease<T> lease, in WantedSequences wanted, SettleKind kind, string error, long now)
    {
        var dead = 0;
        var reason = kind == SettleKind.DeadLettered ? LossReason.Rejected : LossReason.RetriesExhausted;
        var leased = lease.Leased;
        foreach (ref readonly var run in leased.Runs)
        {
            if (kind == SettleKind.Returned && run.Run.Retries < context.Settings.MaxRetries)
                continue;
            for (var i = run.Start; i < run.End; i++)
            {
                var sequence = run.Run.First + i - run.Start;
                if (leased.IsSettled(i) || !wanted.Contains(sequence))
                    continue;
                leased.Settle(i);
                dead++;
                run.Queue.UpdateFillArea(now);
                if (kind == SettleKind.Returned)
                    run.Queue.Counts.Retries++;
                letters.Add(run.Queue, lease[i], leased.GetBytes(i), reason, error, now);
                run.Queue.InFlight--;
                run.Queue.Rate.Add(1, now);
                context.Release(run.Queue, 1, leased.GetBytes(i));
            }
        }
        lease.Open -= dead;
        queues.InFlight -= dead;
        return dead;
    }

    void Close(Lease<T> lease, Lease<T>.LeaseState state)
    {
        var wasAlone = ReferenceEquals(isolation.Alone, lease);
        leases.Close(lease, state);
        if (!wasAlone)
            return;
        isolation.Alone = null;
        foreach (var queue in queues.All)
            if (queue.SuspectsAlone)
                round.Rejoin(queue);
    }

    /// <summary>The records of one queue that were settled in one call.</summary>
    ref struct Total
    {
        public int Settled;

        /// <summary>The number of them that leave the stage for good, and their bytes.</summary>
        public int Removed;
        public long Bytes;

        /// <summary>The number of them that return with a retry, and the end of their queue's backoff.</summary>
        public int Charged;
        public long SleepsUntil;

        /// <summary>The sequences to write to the store, last one first; null: there is no store.</summary>
        public List<long>? Sequences;

        public void AddRemoved(int records, long bytes)
        {
            Settled += records;
            Removed += records;
            Bytes += bytes;
        }
    }
}
