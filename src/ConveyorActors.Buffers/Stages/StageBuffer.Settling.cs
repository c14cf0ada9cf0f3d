using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    const int MostExpiredRemembered = 4_096;

    readonly DeadLetterBox<T> deadLetters = new();

    /// <summary>What becomes of a record that leaves its lease.</summary>
    enum Fate
    {
        Completed,
        Hopped,
        Returned,
        ReturnedUncharged,
        Rejected,
    }

    /// <summary>Settles records of a lease as done.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">Which of its records; null: all that are open.</param>
    /// <param name="now">The time.</param>
    public SettleResult Complete(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, Fate.Completed, "", now);

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
        var result = new SettleResult(leaseIds.Count == 0 ? SettleStatus.Ok : SettleStatus.UnknownLease, 0);
        List<Lease<T>> found = [];
        foreach (var leaseId in leaseIds)
        {
            if (Find(leaseId, now, out var status) is { } lease)
            {
                if (!found.Contains(lease))
                    found.Add(lease);
            }
            else if (status == SettleStatus.LeaseExpired)
                result = new(status, 0);
        }
        // The suspect that was leased alone is charged. The other records become suspects, if they were not before.
        var tried = found.Find(l => ReferenceEquals(l, isolation.Alone));
        var isCommon =
            found.Count > 1
            && found.TrueForAll(l => l.Open == 1)
            && found.Exists(l => !ReferenceEquals(l.Root, found[0].Root));
        var suspects = isCommon ? found.ConvertAll(OpenPlace) : [];
        if (tried is null)
            Blame(found);
        else
            foreach (var lease in found)
                lease.FailedWith = ReferenceEquals(lease, tried) ? 0 : Math.Max(2, found.Sum(l => l.Open));
        var isNew = true;
        foreach (var lease in found)
        {
            var (settled, dead) = Fail(lease, reason, now, isNew);
            isNew = false;
            result = new(SettleStatus.Ok, result.Settled + settled, result.DeadLettered + dead);
        }
        foreach (var (queue, sequence) in suspects)
            isolation.Isolate(queue, sequence);
        return result;
    }

    /// <summary>Returns the source's queue and the sequence of the only open record of a lease.</summary>
    static (SourceQueue<T> Queue, long Sequence) OpenPlace(Lease<T> lease)
    {
        var i = 0;
        while (lease.Leased.IsSettled(i))
            i++;
        return (lease.Leased.RunOf(i).Queue, lease.Leased.SequenceAt(i));
    }

    /// <summary>Puts records of a lease among the dead letters.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">Which of its records; null: all that are open.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The time.</param>
    public SettleResult DeadLetter(long leaseId, IReadOnlyList<long>? sequences, string reason, long now) =>
        Settle(leaseId, sequences, Fate.Rejected, reason, now);

    /// <summary>
    /// Completes records of a lease, all of one source, for a hop: their queue's room is not released but left to the
    /// caller.
    /// </summary>
    internal SettleResult Hop(long leaseId, IReadOnlyList<long>? sequences, long now) =>
        Settle(leaseId, sequences, Fate.Hopped, "", now);

    /// <summary>The results of a hop from this queue have arrived; what comes after them may go.</summary>
    internal void Arrived(SourceQueue<T> queue)
    {
        queue.Leaving--;
        Rejoin(queue);
    }

    /// <summary>
    /// The only source of the open records among these; null when they are of several, or there is none.
    /// </summary>
    internal static SourceQueue<T>? OnlyQueueOf(Lease<T> lease, IReadOnlyList<long>? sequences, out bool isMixed)
    {
        isMixed = false;
        SourceQueue<T>? queue = null;
        var wanted = Wanted(sequences);
        foreach (ref readonly var run in lease.Leased.Runs)
        {
            if (!HasOpen(lease.Leased, run, wanted))
                continue;
            if (queue is not null && !ReferenceEquals(queue, run.Queue))
                isMixed = true;
            queue = run.Queue;
        }
        return isMixed ? null : queue;
    }

    /// <summary>
    /// Gives records back for a caller that has only the records, each to the lease that gave it. A record that the
    /// caller has made itself names no lease: it is looked for in the open leases, with as many retries as it says.
    /// </summary>
    internal SettleResult ReturnToBuffer(BufferedRecord<T>[] records, string reason, long now)
    {
        var result = new SettleResult(SettleStatus.UnknownLease, 0);
        foreach (var given in records.GroupBy(r => r.LeaseId == 0 ? HolderOf(r) : r.LeaseId))
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

    long HolderOf(BufferedRecord<T> record)
    {
        foreach (var lease in leases.Values)
            if (
                lease.Leased.FindOpen(record.Sequence) is >= 0 and var place
                && lease.Leased.RunOf(place).Run.Retries == record.RetryCount
            )
                return lease.Id;
        return 0;
    }

    static bool HasOpen(LeasedRecords<T> leased, in LeasedRun<T> run, HashSet<long>? wanted)
    {
        if (wanted is null)
            return leased.HasOpen(run);
        for (var i = 0; i < run.Run.Count; i++)
            if (!leased.IsSettled(run.Start + i) && wanted.Contains(run.Run.First + i))
                return true;
        return false;
    }

    /// <summary>
    /// A lease has failed: nobody will settle what is open in it. One record alone is charged. Of several, and of those
    /// that the same consumer holds in other leases, any may have been the one that it died of: none is charged, and
    /// their sources are narrowed.
    /// </summary>
    (int Settled, int Dead) Fail(Lease<T> lease, string reason, long now, bool isNew)
    {
        if (lease.FailedWith == 0)
            Blame([.. HeldWith(lease.Root)]);
        var failed = Math.Max(1, lease.FailedWith);
        foreach (var (queue, first, last) in OpenBySource(lease.Leased))
            isolation.Narrow(queue, failed, first, last, isNew);
        var result = Settle(lease, null, failed == 1 ? Fate.Returned : Fate.ReturnedUncharged, reason, now);
        Close(lease, Lease<T>.LeaseState.Expired);
        LookAgain();
        return (result.Settled, result.DeadLettered);
    }

    /// <summary>Returns, for each source in turn, its first and its last open record.</summary>
    static IEnumerable<(SourceQueue<T> Queue, long First, long Last)> OpenBySource(LeasedRecords<T> leased)
    {
        List<(SourceQueue<T> Queue, long First, long Last)> found = [];
        foreach (ref readonly var run in leased.Runs)
            for (var i = 0; i < run.Run.Count; i++)
            {
                if (leased.IsSettled(run.Start + i))
                    continue;
                var sequence = run.Run.First + i;
                if (found.Count > 0 && ReferenceEquals(found[^1].Queue, run.Queue))
                    found[^1] = found[^1] with { Last = sequence };
                else
                    found.Add((run.Queue, sequence, sequence));
            }
        return found;
    }

    /// <summary>Leases that one consumer holds share the blame for what it dies of.</summary>
    static void Blame(IReadOnlyCollection<Lease<T>> together)
    {
        var open = together.Sum(l => l.Open);
        if (open > 1)
            foreach (var lease in together)
                lease.FailedWith = Math.Max(lease.FailedWith, open);
    }

    SettleResult Settle(long leaseId, IReadOnlyList<long>? sequences, Fate fate, string reason, long now)
    {
        if (Find(leaseId, now, out var status) is not { } lease)
            return new(status, 0);
        var result = Settle(lease, Wanted(sequences), fate, reason, now);
        if (fate == Fate.ReturnedUncharged && result.Settled > 0)
            lease.HasUntried = true;
        if (lease.Open == 0)
        {
            if (isolation.IsActive && !lease.HasUntried)
                isolation.Widen(lease);
            Close(lease, Lease<T>.LeaseState.Settled);
        }
        if (isolation.IsActive)
            LookAgain();
        lease.Root.IsLimited = false;
        return result;
    }

    /// <summary>
    /// Those that are lost leave first, in order. Then the lease is walked over backwards, so that returned records are
    /// put back last one first, and run by run, so that each queue is told once.
    /// </summary>
    SettleResult Settle(Lease<T> lease, HashSet<long>? wanted, Fate fate, string reason, long now)
    {
        var dead = fate is Fate.Returned or Fate.Rejected ? AddDeadLetters(lease, wanted, fate, reason, now) : 0;
        var settled = 0;
        var runs = lease.Leased.Runs;
        for (var end = runs.Length; end > 0; )
        {
            var queue = runs[end - 1].Queue;
            var start = end - 1;
            while (start > 0 && ReferenceEquals(runs[start - 1].Queue, queue))
                start--;
            queue.BeforeChange(now);
            settled += SettleRuns(lease.Leased, queue, runs[start..end], wanted, fate, reason, now);
            end = start;
        }
        lease.Open -= settled;
        InFlight -= settled;
        return new(SettleStatus.Ok, settled + dead, dead);
    }

    int SettleRuns(
        LeasedRecords<T> leased,
        SourceQueue<T> queue,
        ReadOnlySpan<LeasedRun<T>> runs,
        HashSet<long>? wanted,
        Fate fate,
        string reason,
        long now
    )
    {
        int settled = 0,
            left = 0,
            charged = 0;
        long bytes = 0;
        var sleepsUntil = 0L;
        List<long>? sequences = changed is null ? null : [];
        var isReturned = fate is Fate.Returned or Fate.ReturnedUncharged;
        var isWhole = !isReturned && sequences is null && wanted is null && !leased.HasSettled;
        for (var r = runs.Length - 1; r >= 0; r--)
        {
            ref readonly var run = ref runs[r];
            if (isWhole) // nobody asks which records these are: the lease is closed after this
            {
                settled += run.Run.Count;
                left += run.Run.Count;
                bytes += leased.BytesOf(run);
                continue;
            }
            for (var i = run.End - 1; i >= run.Start; i--)
            {
                var sequence = run.Run.First + i - run.Start;
                if (leased.IsSettled(i) || wanted is not null && !wanted.Contains(sequence))
                    continue;
                leased.Settle(i);
                settled++;
                if (isReturned)
                {
                    var retries = run.Run.Retries;
                    if (fate == Fate.Returned)
                    {
                        retries++;
                        charged++;
                        sleepsUntil = Math.Max(
                            sleepsUntil,
                            now + Settings.Backoff.DelayMilliseconds(retries, random.NextDouble())
                        );
                        sequences?.Add(sequence);
                    }
                    queue.Records.PutBack(new(leased[i], sequence, run.Run.BufferedAt, retries, leased.BytesAt(i)));
                    Buffered++;
                    if (Settings.TimeToLive is { } life)
                        firstExpiry = Math.Min(firstExpiry, run.Run.BufferedAt + Durations.Milliseconds(life));
                }
                else
                {
                    left++;
                    bytes += leased.BytesAt(i);
                    sequences?.Add(sequence);
                }
            }
        }
        queue.InFlight -= settled;
        if (queue.InFlight == 0)
            queue.Holder = null;
        if (fate is Fate.Completed or Fate.Hopped)
            queue.Counts.Completed += left;
        if (left > 0)
            queue.Rate.Add(left, now);
        if (charged > 0)
        {
            queue.Counts.Retries += charged;
            Sleep(queue, sleepsUntil, now);
        }
        if (sequences is { Count: > 0 })
        {
            sequences.Reverse();
            changed!(
                fate == Fate.Returned
                    ? new StageEvent<T>.Returned(queue.SourceId, sequences, reason, sleepsUntil)
                    : new StageEvent<T>.Settled(queue.SourceId, sequences, Dropped: false)
            );
        }
        if (left > 0)
        {
            if (fate == Fate.Hopped)
                queue.PendingBytes -= bytes;
            else
                Left(queue, left, bytes);
        }
        Rejoin(queue);
        return settled;
    }

    /// <summary>
    /// Puts those that are rejected, or have no retries left, among the dead letters. Returns how many.
    /// </summary>
    int AddDeadLetters(Lease<T> lease, HashSet<long>? wanted, Fate fate, string error, long now)
    {
        var dead = 0;
        var reason = fate == Fate.Rejected ? LossReason.Rejected : LossReason.RetriesExhausted;
        var leased = lease.Leased;
        foreach (ref readonly var run in leased.Runs)
        {
            if (fate == Fate.Returned && run.Run.Retries < Settings.MaxRetries)
                continue;
            for (var i = run.Start; i < run.End; i++)
            {
                var sequence = run.Run.First + i - run.Start;
                if (leased.IsSettled(i) || wanted is not null && !wanted.Contains(sequence))
                    continue;
                leased.Settle(i);
                dead++;
                BuryOne(run.Queue, lease[i], leased.BytesAt(i), fate == Fate.Returned, reason, error, now);
            }
        }
        lease.Open -= dead;
        InFlight -= dead;
        return dead;
    }

    void BuryOne(
        SourceQueue<T> queue,
        BufferedRecord<T> record,
        int bytes,
        bool isRetry,
        LossReason reason,
        string error,
        long now
    )
    {
        queue.BeforeChange(now);
        if (isRetry)
            queue.Counts.Retries++;
        queue.Counts.Losses.Add(reason, 1);
        Keep(new(record, reason, error, dateOf(now)), bytes);
        changed?.Invoke(
            new StageEvent<T>.DeadLettered(queue.SourceId, record.Sequence, reason, error, now)
            {
                Letter = record,
                Kept = deadLetters.Count,
            }
        );
        queue.InFlight--;
        queue.Rate.Add(1, now);
        Left(queue, 1, bytes);
        if (queue.InFlight > 0)
            return;
        queue.Holder = null;
        Rejoin(queue);
    }

    void Close(Lease<T> lease, Lease<T>.LeaseState state)
    {
        leases.Remove(lease.Id);
        Unlink(lease);
        if (ReferenceEquals(isolation.Alone, lease))
        {
            isolation.Alone = null;
            foreach (var queue in queues.Values)
                if (queue.SuspectsAlone)
                    Rejoin(queue);
        }
        lease.State = state;
        if (state == Lease<T>.LeaseState.Settled)
        {
            var leased = lease.Leased;
            lease.Count = 0;
            lease.Leased = Lease<T>.Empty.Leased;
            GiveBack(leased);
            return;
        }
        // Its consumer may still be reading it: the memory is not used again.
        expiredLeases.Add(lease.Id);
        expiredOrder.Enqueue(lease.Id);
        if (expiredOrder.Count > MostExpiredRemembered)
            expiredLeases.Remove(expiredOrder.Dequeue());
    }

    /// <summary>A dead letter that was never in a queue: a result too large for any limit.</summary>
    internal void BuryResult(SourceQueue<T> queue, T record, int bytes, LossReason reason, string error, long now)
    {
        queue.Counts.Accepted++;
        queue.Counts.Losses.Add(reason, 1);
        var sequence = ++lastSequence;
        var letter = new BufferedRecord<T>(record, queue.SourceId, PipelineId, StageId, dateOf(now), 0, sequence);
        Keep(new(letter, reason, error, dateOf(now)), bytes);
        if (changed is null)
            return;
        changed(new StageEvent<T>.Buffered(queue.SourceId, sequence, [record], [bytes], now));
        changed(
            new StageEvent<T>.DeadLettered(queue.SourceId, sequence, reason, error, now)
            {
                Letter = letter,
                Kept = deadLetters.Count,
            }
        );
    }

    /// <summary>The dead letters, oldest first.</summary>
    public IReadOnlyList<DeadLetter<T>> ListDeadLetters(int max) => deadLetters.List(max);

    /// <summary>Takes out the oldest dead letters.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="discarded">True when they are thrown away, false when they will be offered again.</param>
    public IReadOnlyList<DeadLetter<T>> RemoveDeadLetters(int count, bool discarded)
    {
        var removed = deadLetters.Remove(count, discarded);
        if (removed.Count > 0)
            changed?.Invoke(new StageEvent<T>.DeadLettersRemoved(removed.Count) { AreDiscarded = discarded });
        return removed;
    }

    void Keep(DeadLetter<T> letter, int bytes) =>
        deadLetters.Add(letter, bytes, Settings.MaxDeadLetters, Settings.MaxDeadLetterBytes ?? UsualDeadLetterBytes);

    /// <summary>How many bytes of dead letters are kept by default, as derived from the manager's limits.</summary>
    internal long UsualDeadLetterBytes { get; set; } = StageSettings.UsualDeadLetterBytes;

    internal long DeadLetterBytes => deadLetters.Bytes;

    internal long DeadLettersDiscarded => deadLetters.Discarded;

    static HashSet<long>? Wanted(IReadOnlyList<long>? sequences) => sequences is null ? null : [.. sequences];
}
