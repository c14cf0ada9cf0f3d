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
    /// Gets or sets how often a call asks for the node of its pipeline while there is no reply.
    /// </summary>
    public TimeSpan? LocateInterval { get; set; }

    /// <summary>
    /// Gets or sets how long a pipeline may use its grant of a budget while the singleton that grants it does not
    /// reply.
    /// </summary>
    public TimeSpan? GrantExpiry { get; set; }

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
