namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The settings of pipelines that are spread over a cluster (<c>conveyor.cluster</c>). Immutable; each value is
/// validated when it is set.
/// </summary>
public sealed record ClusterSettings
{
    /// <summary>
    /// Gets whether pipelines are placed on the nodes of a cluster. Default false: all are on this node.
    /// </summary>
    public bool IsEnabled { get; init; }

    /// <summary>
    /// Gets the number of shards; a pipeline's name determines its shard. Must be the same on every node, and must not
    /// change as long as there are records. Default 100; from 1 to 10,000.
    /// </summary>
    public int Shards
    {
        get;
        init =>
            field = value is >= 1 and <= 10_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Shards),
                    value,
                    $"Shards is {value}; it must be from 1 to 10,000."
                );
    } = 100;

    /// <summary>Gets the role of the nodes that have pipelines; null: every node has pipelines.</summary>
    public string? Role { get; init; }

    /// <summary>
    /// Gets how long a pipeline may hold nothing before its entity is stopped and removed. Default 2 min; from 1 ms to
    /// one hour.
    /// </summary>
    public TimeSpan PassivateAfter
    {
        get;
        init => field = Validate(value, nameof(PassivateAfter));
    } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Gets how often a call asks for the node of its pipeline while there is no reply. Default 500 ms; from 1 ms to
    /// one hour.
    /// </summary>
    public TimeSpan LocateInterval
    {
        get;
        init => field = Validate(value, nameof(LocateInterval));
    } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Gets the budgets of sources over the cluster, by source: the most records of each source that are pending over
    /// all pipelines together (<c>conveyor.cluster.sources.NAME.max-records</c>). Default none; each from 1 to
    /// 2,000,000,000.
    /// </summary>
    public IReadOnlyDictionary<string, int> SourceBudgets
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(SourceBudgets));
    } = System.Collections.Frozen.FrozenDictionary<string, int>.Empty;

    /// <summary>
    /// Gets how long a pipeline may use its grant of a source's budget without a reply of the singleton that grants it.
    /// Default 20 s; from 1 s to one hour.
    /// </summary>
    public TimeSpan GrantExpiry
    {
        get;
        init =>
            field =
                value >= TimeSpan.FromSeconds(1)
                    ? Validate(value, nameof(GrantExpiry))
                    : throw new ArgumentOutOfRangeException(
                        nameof(GrantExpiry),
                        value,
                        $"GrantExpiry is {value}; it must be from 1 s to one hour."
                    );
    } = TimeSpan.FromSeconds(20);

    static TimeSpan Validate(TimeSpan value, string name) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from 1 ms to one hour."
            );
}
