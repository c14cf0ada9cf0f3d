namespace ConveyorActors.Cluster.Budgets;

/// <summary>One source of one pipeline in the singleton's ledger.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class BudgetAccount(BudgetKey key)
{
    public BudgetKey Key { get; } = key;

    public long Epoch { get; set; }

    public long Version { get; set; }

    /// <summary>The most that the current incarnation may hold.</summary>
    public long Bound { get; set; }

    /// <summary>What an earlier incarnation could hold besides, until <see cref="ReservedUntil"/>.</summary>
    public long Reserve { get; set; }

    public long ReservedUntil { get; set; }

    /// <summary>Until when the current incarnation may use what is granted for new records, at the latest.</summary>
    public long UsableUntil { get; set; }

    public bool IsClosed { get; set; }

    public long Wanted { get; set; }

    /// <summary>Its place among those that wait; 0: it does not wait.</summary>
    public long Ticket { get; set; }

    public long ReportedAt { get; set; }

    public long Charged => Bound + Reserve;

    public BudgetAccountState State => new(Key, Epoch, Version, Bound, Reserve, IsClosed);
}
