namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// One pipeline's share of a source's budget, as known on this node. Pure state: it has no side effects.
/// </summary>
/// <remarks>
/// Not thread-safe. Room is given back in three steps: the engine stops using it; every change sent to the journal by
/// then is written; then the singleton is notified. Only after the second step it is certain that a new incarnation of the
/// pipeline cannot recover more records than the new bound. From the first step on, grants of the earlier version are
/// void.
/// </remarks>
/// <param name="key">The pipeline and the source.</param>
/// <param name="epoch">The pipeline's epoch in the journal.</param>
/// <param name="held">The number of records that the pipeline held when it was opened.</param>
sealed class GrantedSource(BudgetKey key, long epoch, long held)
{
    long writtenVersion = 1,
        writtenBound = held;

    public BudgetKey Key { get; } = key;

    public long Epoch { get; } = epoch;

    /// <summary>Gets the most records that the pipeline may hold.</summary>
    public long Bound { get; private set; } = held;

    /// <summary>Gets the total number of records that the pipeline could use.</summary>
    public long Desired { get; private set; }

    /// <summary>Gets the version, which counts how often room was given back.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>
    /// Gets the number of records that the pipeline must come down to; <see cref="long.MaxValue"/>: no such number.
    /// </summary>
    public long Target { get; private set; } = long.MaxValue;

    public long Free { get; private set; }

    /// <summary>Gets the budget; 0: the singleton has not replied yet.</summary>
    public long Budget { get; private set; }

    /// <summary>Gets whether the singleton currently has no more to grant.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Gets the number of held records up to which new records are admitted.</summary>
    public long Admitted => Math.Min(Bound, Target);

    /// <summary>
    /// Gets whether room was given up that must not be reported to the singleton before the journal has it.
    /// </summary>
    public bool MustWrite => writtenVersion < Version;

    /// <summary>Gets whether the source must be reported to the singleton regularly.</summary>
    public bool IsInUse => Bound > 0 || writtenBound > 0 || Desired > Bound || Version > 1 && !IsLastConfirmed;

    /// <summary>Gets whether the singleton knows the last version.</summary>
    public bool IsLastConfirmed { get; private set; }

    /// <summary>
    /// Sets the total number of records that the pipeline could use. Returns whether it is more than the bound.
    /// </summary>
    public bool SetDesired(long inAll)
    {
        Desired = inAll;
        return Desired > Bound;
    }

    /// <summary>Returns the report for the singleton.</summary>
    public BudgetNeed CreateNeed() =>
        new(Key, Epoch, writtenVersion, writtenBound, Math.Max(0, Desired - writtenBound), false);

    /// <summary>
    /// Returns the last report for the singleton, when the pipeline has ended here and its journal has every change.
    /// </summary>
    public BudgetNeed Close(long heldAtEnd) => new(Key, Epoch, Version + 1, heldAtEnd, 0, true);

    /// <summary>Applies a grant. Returns false if it is void or for another incarnation.</summary>
    public bool Take(in BudgetGrant grant)
    {
        if (grant.Key != Key || grant.Epoch != Epoch)
            return false;
        (Target, Free, Budget, IsWaiting) = (grant.Target, grant.Free, grant.Budget, grant.IsWaiting);
        IsLastConfirmed |= grant.Version == Version;
        if (grant.Version != Version)
            return false;
        Bound = Math.Max(Bound, grant.Bound);
        if (!MustWrite)
            writtenBound = Bound;
        return true;
    }

    /// <summary>Lowers the bound, because the engine has stopped using the room above it.</summary>
    public void LowerBound(long bound)
    {
        if (bound >= Bound)
            return;
        (Bound, IsLastConfirmed) = (bound, false);
        Version++;
    }

    /// <summary>
    /// Marks a version as written, because the journal has every change that was sent to it when room was given up.
    /// </summary>
    /// <param name="version">The version when room was given up.</param>
    /// <param name="bound">The bound when room was given up.</param>
    public void RecordWritten(long version, long bound)
    {
        if (version <= writtenVersion)
            return;
        (writtenVersion, writtenBound) = (version, bound);
    }
}
