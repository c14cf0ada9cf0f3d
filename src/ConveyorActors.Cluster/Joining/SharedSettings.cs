using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster.Joining;

/// <summary>The settings that must be the same on all nodes of a cluster, by name.</summary>
sealed class SharedSettings
{
    const string Journal = "journal",
        Persistence = "conveyor.persistence",
        On = "on";

    readonly Dictionary<string, string> values;

    /// <param name="settings">The settings of this node.</param>
    /// <param name="hasPipelines">Whether pipelines are placed on this node.</param>
    public SharedSettings(ConveyorSettings settings, bool hasPipelines)
    {
        values = new(StringComparer.Ordinal)
        {
            ["conveyor.cluster.shards"] = $"{settings.Cluster.Shards}",
            ["conveyor.cluster.role"] = settings.Cluster.Role ?? "not set",
        };
        if (hasPipelines)
            values[Persistence] = settings.KeepsRecords ? On : "off";
    }

    public IReadOnlyDictionary<string, string> Values => values;

    /// <summary>
    /// Returns whether a node with these settings keeps the records of its pipelines; null: the settings do not say it.
    /// </summary>
    public static bool? FindKeepsRecords(IReadOnlyDictionary<string, string> values) =>
        values.TryGetValue(Persistence, out var value) ? value == On : null;

    /// <summary>Sets the identity of this node's journal, once it is known.</summary>
    public void SetJournal(Guid identity) => values[Journal] = $"{identity}";

    /// <summary>
    /// Returns a sentence that describes the differences from the settings of another node; null: no setting that both
    /// nodes have differs.
    /// </summary>
    public string? DescribeDifferences(IReadOnlyDictionary<string, string> other, Address node)
    {
        var shown = $"{node.Host}:{node.Port}";
        foreach (var (name, value) in values)
            if (other.TryGetValue(name, out var there) && there != value)
                return name == Journal
                    ? $"the journal of this node is not that of the cluster: its identity is {value}, and that of the journal of {shown} is {there}. All nodes of a cluster must have the same journal"
                    : $"{name} is {value} on this node and {there} on {shown}; it must be the same on all nodes of a cluster";
        return null;
    }
}
