namespace ConveyorActors.Actors.Pipelines;

/// <summary>Who waits at a stage and who holds which of its leases. Used by the stage's actor alone; outlives its restarts.</summary>
sealed class StageBook
{
    const int LookOverFrom = 64;
    static readonly TimeSpan KeptWhenRenewed = TimeSpan.FromDays(1);

    readonly Dictionary<long, OpenLease> leases = [];
    int lookOverAt = LookOverFrom;

    public WaitBook Waits { get; } = new();

    public IEnumerable<IActorRef> Owners => Waits.Owners.Concat(leases.Values.Select(l => l.Owner)).Distinct();

    sealed class OpenLease(IActorRef owner, int open, DateTimeOffset deadline)
    {
        public IActorRef Owner { get; } = owner;

        public int Open { get; set; } = open;

        public DateTimeOffset Deadline { get; set; } = deadline;
    }

    public bool IsEmpty(DateTimeOffset now)
    {
        LookOver(now);
        return Waits.Count == 0 && leases.Count == 0;
    }

    public void Lend(LeasedBatch batch, IActorRef owner, DateTimeOffset now)
    {
        leases[batch.Id] = new(owner, batch.Count, batch.Deadline);
        if (leases.Count >= lookOverAt) LookOver(now);
    }

    /// <summary>Records of a lease were settled, or it turned out to be settled or expired before.</summary>
    public void Settle(long lease, SettleResult result)
    {
        if (!leases.TryGetValue(lease, out var found)) return;
        found.Open -= result.Settled;
        if (!result.IsOk || found.Open <= 0) leases.Remove(lease);
    }

    public void Renew(long lease, SettleResult result, DateTimeOffset now)
    {
        if (!leases.TryGetValue(lease, out var found)) return;
        if (result.IsOk) found.Deadline = now + KeptWhenRenewed;
        else leases.Remove(lease);
    }

    /// <summary>Takes the leases of an owner out of the book.</summary>
    public IReadOnlyList<long> TakeAllOf(IActorRef owner)
    {
        long[] taken = [.. leases.Where(l => l.Value.Owner.Equals(owner)).Select(l => l.Key)];
        foreach (var lease in taken) leases.Remove(lease);
        return taken;
    }

    /// <summary>Leases that ran out and were never settled: the engine has taken their records back, and nobody will say so here.</summary>
    void LookOver(DateTimeOffset now)
    {
        foreach (var (id, lease) in leases.ToArray())
            if (lease.Deadline < now) leases.Remove(id);
        lookOverAt = Math.Max(LookOverFrom, 2 * leases.Count);
    }
}
