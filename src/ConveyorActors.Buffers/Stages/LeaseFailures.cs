namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Decides which records are charged a retry when a lease failed because its consumer died or missed the deadline.
/// </summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class LeaseFailures<T>(LeaseTable<T> leases, PoisonIsolation<T> isolation, LeaseSettler<T> settler)
{
    /// <summary>Ends the lease of a consumer that missed its deadline.</summary>
    public void Expire(Lease<T> lease, long now) => Fail(lease, "lease expired", now, isNew: lease.FailedWith == 0);

    /// <summary>Ends the leases of one consumer that has died, and judges them together.</summary>
    public SettleResult Abandon(List<Lease<T>> dead, string reason, long now)
    {
        // The suspect that was leased alone is charged. The other records become suspects, unless they already are.
        var tried = dead.Find(l => ReferenceEquals(l, isolation.Alone));
        var isCommon = dead.TrueForAll(l => l.Open == 1) && dead.Exists(l => !ReferenceEquals(l.Root, dead[0].Root));
        var suspects = isCommon ? dead.ConvertAll(OpenPlace) : [];
        if (tried is null)
            MarkSuspects(dead);
        else
        {
            var open = dead.Sum(l => l.Open);
            foreach (var lease in dead)
                lease.FailedWith = ReferenceEquals(lease, tried) ? 0 : open;
        }
        var result = new SettleResult(SettleStatus.Ok, 0);
        var isNew = true;
        foreach (var lease in dead)
        {
            var failed = Fail(lease, reason, now, isNew);
            isNew = false;
            result = new(SettleStatus.Ok, result.Settled + failed.Settled, result.DeadLettered + failed.DeadLettered);
        }
        foreach (var (queue, sequence) in suspects)
            isolation.Isolate(queue, sequence);
        return result;
    }

    /// <summary>
    /// Ends a lease with its open records. A single open record is charged. If the consumer held several records, in
    /// this lease or in others, any of them may have been the cause: none is charged, and their sources are narrowed.
    /// </summary>
    SettleResult Fail(Lease<T> lease, string reason, long now, bool isNew)
    {
        if (lease.FailedWith == 0)
            MarkSuspects([.. leases.GetHeldWith(lease.Root)]);
        var failed = Math.Max(1, lease.FailedWith);
        foreach (var (queue, first, last) in OpenBySource(lease.Leased))
            isolation.Narrow(queue, failed, first, last, isNew);
        return settler.Expire(lease, isCharged: failed == 1, reason, now);
    }

    /// <summary>
    /// Marks leases of one consumer as failed together, since any of their open records may be the cause.
    /// </summary>
    static void MarkSuspects(IReadOnlyCollection<Lease<T>> together)
    {
        var open = together.Sum(l => l.Open);
        if (open > 1)
            foreach (var lease in together)
                lease.FailedWith = Math.Max(lease.FailedWith, open);
    }

    /// <summary>Returns the source's queue and the sequence of the only open record of a lease.</summary>
    static (SourceQueue<T> Queue, long Sequence) OpenPlace(Lease<T> lease)
    {
        var i = 0;
        while (lease.Leased.IsSettled(i))
            i++;
        return (lease.Leased.FindRun(i).Queue, lease.Leased.GetSequence(i));
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
}
