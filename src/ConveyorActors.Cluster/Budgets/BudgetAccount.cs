namespace ConveyorActors.Cluster.Budgets;

/// <summary>The singleton's account of one source of one pipeline.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class BudgetAccount(BudgetKey key)
{
    public BudgetKey Key { get; } = key;

    public long Epoch { get; set; }

    public long Version { get; set; }

    /// <summary>Gets or sets the most records that the current incarnation may hold.</summary>
    public long Bound { get; set; }

    /// <summary>
    /// Gets or sets the records that an earlier incarnation could hold in addition, until <see cref="ReservedUntil"/>.
    /// </summary>
    public long Reserve { get; set; }

    public long ReservedUntil { get; set; }

    /// <summary>
    /// Gets or sets the latest time at which the current incarnation may use its grant for new records.
    /// </summary>
    public long UsableUntil { get; set; }

    public bool IsClosed { get; set; }

    public long Wanted { get; set; }

    /// <summary>Gets or sets the account's place among those that wait; 0: it does not wait.</summary>
    public long Ticket { get; set; }

    public long ReportedAt { get; set; }

    public long Charged => Bound + Reserve;

    public BudgetAccountState State => new(Key, Epoch, Version, Bound, Reserve, IsClosed);
}
