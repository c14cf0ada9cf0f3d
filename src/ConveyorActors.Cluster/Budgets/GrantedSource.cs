namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// What one pipeline of this node knows of its share of a source's budget. It decides, and does nothing itself.
/// </summary>
/// <remarks>
/// Not thread-safe. Room is given back in three steps: the engine stops using it, everything told to the journal by
/// then is written, and then the singleton is told. Only after the second step a new incarnation of the pipeline cannot
/// recover more than the new bound. From the first step on, grants of the earlier version are void.
/// </remarks>
/// <param name="key">The pipeline and the source.</param>
/// <param name="epoch">The pipeline's epoch in the journal.</param>
/// <param name="held">What the pipeline held when it was opened.</param>
sealed class GrantedSource(BudgetKey key, long epoch, long held)
{
    long writtenVersion = 1,
        writtenBound = held;

    public BudgetKey Key { get; } = key;

    public long Epoch { get; } = epoch;

    /// <summary>The most that the pipeline may hold.</summary>
    public long Bound { get; private set; } = held;

    /// <summary>Gets how much the pipeline could use in all.</summary>
    public long Desired { get; private set; }

    /// <summary>Counts how often room was given back.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>What the pipeline must come down to; <see cref="long.MaxValue"/>: nothing.</summary>
    public long Target { get; private set; } = long.MaxValue;

    public long Free { get; private set; }

    /// <summary>The budget; 0: the singleton has not replied yet.</summary>
    public long Budget { get; private set; }

    /// <summary>Whether the singleton has no more to grant now.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Up to how many new records are admitted.</summary>
    public long Admitted => Math.Min(Bound, Target);

    /// <summary>Whether room was given up that the singleton cannot be told of before the journal has it.</summary>
    public bool MustWrite => writtenVersion < Version;

    /// <summary>Whether the singleton must hear of it from time to time.</summary>
    public bool IsInUse => Bound > 0 || writtenBound > 0 || Desired > Bound || Version > 1 && !IsToldLast;

    /// <summary>Whether the singleton knows the last version.</summary>
    public bool IsToldLast { get; private set; }

    /// <summary>Sets how much the pipeline could use in all. True: it is more than it has.</summary>
    public bool Want(long inAll)
    {
        Desired = inAll;
        return Desired > Bound;
    }

    /// <summary>Returns what the singleton is told.</summary>
    public BudgetNeed Need() =>
        new(Key, Epoch, writtenVersion, writtenBound, Math.Max(0, Desired - writtenBound), false);

    /// <summary>
    /// Returns what the singleton is told last, when the pipeline has ended here and its journal has everything.
    /// </summary>
    public BudgetNeed Close(long heldAtEnd) => new(Key, Epoch, Version + 1, heldAtEnd, 0, true);

    /// <summary>Takes a grant. False: it is for another incarnation, or void.</summary>
    public bool Take(in BudgetGrant grant)
    {
        if (grant.Key != Key || grant.Epoch != Epoch)
            return false;
        (Target, Free, Budget, IsWaiting) = (grant.Target, grant.Free, grant.Budget, grant.IsWaiting);
        IsToldLast |= grant.Version == Version;
        if (grant.Version != Version)
            return false;
        Bound = Math.Max(Bound, grant.Bound);
        if (!MustWrite)
            writtenBound = Bound;
        return true;
    }

    /// <summary>The engine has stopped using what is above a bound.</summary>
    public void Lowered(long bound)
    {
        if (bound >= Bound)
            return;
        (Bound, IsToldLast) = (bound, false);
        Version++;
    }

    /// <summary>The journal has everything that was told to it when room was given up.</summary>
    /// <param name="version">The version of then.</param>
    /// <param name="bound">The bound of then.</param>
    public void Written(long version, long bound)
    {
        if (version <= writtenVersion)
            return;
        (writtenVersion, writtenBound) = (version, bound);
    }
}
