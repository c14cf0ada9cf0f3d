namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The waits at a stage and the owners of its leases. Used by the stage's actor alone; outlives its restarts.
/// </summary>
sealed class StageRegistry
{
    const int MinRemoveExpiredAt = 64;
    static readonly TimeSpan KeptWhenRenewed = TimeSpan.FromDays(1);

    readonly Dictionary<long, OpenLease> leases = [];
    readonly List<ExpiredLease> expired = [];
    int removeExpiredAt = MinRemoveExpiredAt;

    public PendingWaits Waits { get; } = new();

    public IEnumerable<IActorRef> Owners => Waits.Waiters.Concat(leases.Values.Select(l => l.Owner)).Distinct();

    sealed class OpenLease(IActorRef owner, int open, DateTimeOffset deadline)
    {
        public IActorRef Owner { get; } = owner;

        public int Open { get; set; } = open;

        public DateTimeOffset Deadline { get; set; } = deadline;

        /// <summary>Gets or sets whether a settlement of the lease waits for room, for an unbounded time.</summary>
        public bool IsSettling { get; set; }
    }

    /// <summary>Gets whether there are open leases.</summary>
    public bool HasLeases => leases.Count > 0;

    /// <summary>
    /// Takes the leases that expired since the last call, with their owners and the number of their open records.
    /// </summary>
    public IReadOnlyList<ExpiredLease> TakeExpired()
    {
        if (expired.Count == 0)
            return [];
        ExpiredLease[] taken = [.. expired];
        expired.Clear();
        return taken;
    }

    public void BeginSettling(long lease)
    {
        if (leases.TryGetValue(lease, out var found))
            found.IsSettling = true;
    }

    public bool IsEmpty(DateTimeOffset now)
    {
        RemoveExpired(now);
        return Waits.Count == 0 && leases.Count == 0;
    }

    public void AddLease(LeasedBatch batch, IActorRef owner, DateTimeOffset now)
    {
        leases[batch.Id] = new(owner, batch.Count, batch.Deadline);
        if (leases.Count >= removeExpiredAt)
            RemoveExpired(now);
    }

    /// <summary>
    /// Removes an earlier lease with the number of a lease that has just been given out without an owner.
    /// </summary>
    public void Forget(long lease) => leases.Remove(lease);

    /// <summary>
    /// Applies the result of settling records of a lease, including that the lease had expired before.
    /// </summary>
    public void Settle(long lease, SettleResult result)
    {
        if (!leases.TryGetValue(lease, out var found))
            return;
        found.IsSettling = false;
        if (result.Status == SettleStatus.LeaseExpired)
            expired.Add(new(lease, found.Owner, found.Open));
        found.Open -= result.Settled;
        // The status UnknownLease may also refer to the named records, so a lease with open records stays with its
        // owner.
        if (result.Status == SettleStatus.LeaseExpired || found.Open <= 0)
            leases.Remove(lease);
    }

    public void Renew(long lease, SettleResult result, DateTimeOffset now)
    {
        if (!leases.TryGetValue(lease, out var found))
            return;
        if (result.IsOk)
            found.Deadline = now + KeptWhenRenewed;
        else
        {
            if (result.Status == SettleStatus.LeaseExpired)
                expired.Add(new(lease, found.Owner, found.Open));
            leases.Remove(lease);
        }
    }

    /// <summary>Removes and returns the leases of an owner.</summary>
    public IReadOnlyList<long> TakeAllOf(IActorRef owner)
    {
        long[] taken = [.. leases.Where(l => l.Value.Owner.Equals(owner)).Select(l => l.Key)];
        foreach (var lease in taken)
        {
            leases.Remove(lease);
            Waits.Recent.ForgetLease(lease);
        }
        return taken;
    }

    /// <summary>
    /// Removes leases that passed their deadlines without being settled. The engine has taken back their records
    /// without notifying the actor.
    /// </summary>
    public void RemoveExpired(DateTimeOffset now)
    {
        foreach (var (id, lease) in leases.ToArray())
        {
            if (lease.Deadline >= now)
                continue;
            leases.Remove(id);
            if (!lease.IsSettling)
                expired.Add(new(id, lease.Owner, lease.Open));
        }
        removeExpiredAt = Math.Max(MinRemoveExpiredAt, 2 * leases.Count);
    }
}

/// <summary>A lease that passed its deadline.</summary>
readonly record struct ExpiredLease(long Lease, IActorRef Owner, int Records);
