namespace ConveyorActors.AkkaHosting;

/// <summary>
/// Specifies how pipelines are distributed over a cluster. An option that is null has its value from HOCON
/// (<c>conveyor.cluster</c>), which also documents defaults and ranges.
/// </summary>
public sealed class ConveyorShardingOptions
{
    /// <summary>Gets or sets the number of shards: the same on every node, for as long as there are records.</summary>
    public int? Shards { get; set; }

    /// <summary>Gets or sets the role of the nodes that host pipelines.</summary>
    public string? Role { get; set; }

    /// <summary>Gets or sets how long a pipeline may be empty before its entity is stopped and forgotten.</summary>
    public TimeSpan? PassivateAfter { get; set; }

    /// <summary>
    /// Gets the budgets over the cluster, by source: the most records of each source that may be pending over all
    /// pipelines together.
    /// </summary>
    public IDictionary<string, int> SourceBudgets { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets whether the cluster detects dead nodes in half the time, which needs machines and networks that do
    /// not pause. Default false.
    /// </summary>
    public bool FastFailover { get; set; }
}
