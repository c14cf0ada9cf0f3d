namespace ConveyorActors.Cluster.Budgets;

/// <summary>The times of the budgets, all from <c>conveyor.cluster.grant-expiry</c>.</summary>
/// <param name="Expiry">How long a grant may be used after the singleton's last write to its journal.</param>
sealed record BudgetTimes(TimeSpan Expiry)
{
    /// <summary>Gets how often a node reports what it holds, needed or not.</summary>
    public TimeSpan ReportInterval => Expiry / 5;

    /// <summary>
    /// Gets after which time without a write the singleton writes before it grants: only the current one can.
    /// </summary>
    public TimeSpan WriteInterval => Expiry / 4;

    /// <summary>
    /// Gets how long the singleton takes a grant for usable: longer than a pipeline does, because clocks differ in
    /// their pace.
    /// </summary>
    public TimeSpan LongestUse => Expiry * 1.1 + TimeSpan.FromMilliseconds(100);
}
