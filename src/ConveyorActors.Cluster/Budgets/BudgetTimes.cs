namespace ConveyorActors.Cluster.Budgets;

/// <summary>The times of the budgets, all from <c>conveyor.cluster.grant-expiry</c>.</summary>
/// <param name="Expiry">How long a grant may be used after the singleton's last write to its journal.</param>
sealed record BudgetTimes(TimeSpan Expiry)
{
    /// <summary>Gets how often a node reports what it holds, even without changes.</summary>
    public TimeSpan ReportInterval => Expiry / 5;

    /// <summary>
    /// Gets the time without a write after which the singleton writes before it grants; only the current singleton can
    /// write.
    /// </summary>
    public TimeSpan WriteInterval => Expiry / 4;

    /// <summary>
    /// Gets how long the singleton considers a grant usable: longer than a pipeline does, because clocks run at
    /// different speeds.
    /// </summary>
    public TimeSpan LongestUse => Expiry * 1.1 + TimeSpan.FromMilliseconds(100);
}
