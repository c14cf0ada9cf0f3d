namespace ConveyorActors.AkkaHosting;

/// <summary>
/// How pipelines are spread over a cluster. What is null is as in HOCON (<c>conveyor.cluster</c>), where defaults and
/// ranges are.
/// </summary>
public sealed class ConveyorShardingOptions
{
    /// <summary>Gets or sets the number of shards: the same on every node, for as long as there are records.</summary>
    public int? Shards { get; set; }

    /// <summary>Gets or sets the role of the nodes that have pipelines.</summary>
    public string? Role { get; set; }

    /// <summary>Gets or sets how long a pipeline may hold nothing before its entity is stopped and forgotten.</summary>
    public TimeSpan? PassivateAfter { get; set; }

    /// <summary>
    /// Gets the sources with a budget over the cluster: the most records of each that may be pending over all pipelines
    /// together.
    /// </summary>
    public IDictionary<string, int> SourceBudgets { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets whether the cluster detects dead nodes in half the time, which needs machines and networks that do
    /// not pause. Default false.
    /// </summary>
    public bool FastFailover { get; set; }
}
