namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Holds the open leases of a stage, by id and by deadline, the ids of expired leases, and the memory of closed leases
/// for reuse.
/// </summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class LeaseTable<T>
{
    const int MaxPooled = 8;
    const int MaxExpiredRemembered = 4_096;

    readonly Dictionary<long, Lease<T>> leases = [];
    readonly Stack<LeasedRecords<T>> pooled = new();
    readonly HashSet<long> expiredIds = [];
    readonly Queue<long> expiredOrder = new();
    Lease<T>? last;

    public Dictionary<long, Lease<T>>.ValueCollection All => leases.Values;

    /// <summary>Gets the lease whose deadline comes first; null: none is open.</summary>
    public Lease<T>? First { get; private set; }

    public Lease<T>? Oldest
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

    public Lease<T>? Find(long leaseId, out SettleStatus status)
    {
        if (leases.TryGetValue(leaseId, out var lease))
        {
            status = SettleStatus.Ok;
            return lease;
        }
        status = expiredIds.Contains(leaseId) ? SettleStatus.LeaseExpired : SettleStatus.UnknownLease;
        return null;
    }

    /// <summary>
    /// Returns the first of the leases that a consumer holds together (see <see cref="Lease{T}.Root"/>); null: the
    /// lease is not open.
    /// </summary>
    public Lease<T>? FindRoot(long leaseId) =>
        leaseId != 0 && leases.TryGetValue(leaseId, out var lease) ? lease.Root : null;

    /// <summary>Returns the open leases that one consumer holds together.</summary>
    public IEnumerable<Lease<T>> GetHeldWith(Lease<T> root) => leases.Values.Where(l => ReferenceEquals(l.Root, root));

    /// <summary>
    /// Returns the id of the open lease that contains a record with the same number of retries; 0: there is none.
    /// </summary>
    public long FindHolder(BufferedRecord<T> record)
    {
        foreach (var lease in leases.Values)
            if (
                lease.Leased.FindOpen(record.Sequence) is >= 0 and var place
                && lease.Leased.FindRun(place).Run.Retries == record.RetryCount
            )
                return lease.Id;
        return 0;
    }

    public void Add(Lease<T> lease)
    {
        leases.Add(lease.Id, lease);
        Link(lease);
    }

    public void SetDeadline(Lease<T> lease, long deadline)
    {
        Unlink(lease);
        lease.DeadlineMs = deadline;
        Link(lease);
    }

    /// <summary>
    /// Lets consumers whose requests for more records were refused try again, because conditions have changed.
    /// </summary>
    public void RetryLimited()
    {
        foreach (var lease in leases.Values)
            lease.Root.IsLimited = false;
    }

    /// <summary>Closes a lease whose records are all settled.</summary>
    public void Close(Lease<T> lease, Lease<T>.LeaseState state)
    {
        leases.Remove(lease.Id);
        Unlink(lease);
        lease.State = state;
        if (state == Lease<T>.LeaseState.Settled)
        {
            var leased = lease.Leased;
            lease.Count = 0;
            lease.Leased = Lease<T>.Empty.Leased;
            GiveBack(leased);
            return;
        }
        // The consumer may still be reading the lease, so its memory is not reused.
        expiredIds.Add(lease.Id);
        expiredOrder.Enqueue(lease.Id);
        if (expiredOrder.Count > MaxExpiredRemembered)
            expiredIds.Remove(expiredOrder.Dequeue());
    }

    /// <summary>Returns memory for a lease's records.</summary>
    public LeasedRecords<T> Rent(int capacity)
    {
        while (pooled.TryPop(out var leased))
            if (leased.Capacity >= capacity)
                return leased;
        return new(capacity);
    }

    public void GiveBack(LeasedRecords<T> leased)
    {
        if (pooled.Count == MaxPooled)
            return;
        leased.Clear();
        pooled.Push(leased);
    }

    void Link(Lease<T> lease)
    {
        // New deadlines are nearly sorted, because most leases have the same duration.
        var before = last;
        while (before is not null && before.DeadlineMs > lease.DeadlineMs)
            before = before.Earlier;
        lease.Earlier = before;
        lease.Later = before is null ? First : before.Later;
        if (lease.Later is { } later)
            later.Earlier = lease;
        else
            last = lease;
        if (before is null)
            First = lease;
        else
            before.Later = lease;
    }

    void Unlink(Lease<T> lease)
    {
        if (lease.Earlier is { } earlier)
            earlier.Later = lease.Later;
        else
            First = lease.Later;
        if (lease.Later is { } later)
            later.Earlier = lease.Earlier;
        else
            last = lease.Earlier;
        lease.Earlier = lease.Later = null;
    }
}
