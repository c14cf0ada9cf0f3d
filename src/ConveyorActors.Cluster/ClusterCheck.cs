using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster;

/// <summary>
/// Validates the settings of Akka.Cluster. A wrong value of one of these splits the cluster, loses entities, or fails
/// at its first use.
/// </summary>
static class ClusterCheck
{
    static readonly string[] Strategies = ["keep-majority", "lease-majority"];

    /// <exception cref="ConfigurationException">
    /// A setting is wrong; the message names it, its value and what would be right.
    /// </exception>
    public static void Check(Config config)
    {
        var provider = config.GetString("akka.actor.provider", "");
        if (provider != "cluster" && !provider.Contains("ClusterActorRefProvider", StringComparison.Ordinal))
            throw CreateError(
                "akka.actor.provider",
                provider,
                "cluster",
                "pipelines are placed on the nodes of a cluster"
            );
        var downing = config.GetString("akka.cluster.downing-provider-class", "");
        if (!downing.Contains("SplitBrainResolverProvider", StringComparison.Ordinal))
            throw CreateError(
                "akka.cluster.downing-provider-class",
                downing,
                "\"Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster\"",
                "otherwise the pipelines of a dead node are not started on another node"
            );
        var strategy = config.GetString("akka.cluster.split-brain-resolver.active-strategy", "");
        if (!Strategies.Contains(strategy))
            throw CreateError(
                "akka.cluster.split-brain-resolver.active-strategy",
                strategy,
                "keep-majority or lease-majority",
                "with any other strategy both sides of a partition may continue, or both may shut down"
            );
        var store = config.GetString("akka.cluster.sharding.remember-entities-store", "");
        if (store != "eventsourced")
            throw CreateError(
                "akka.cluster.sharding.remember-entities-store",
                store,
                "eventsourced",
                "the other store needs LightningDB, which fails at its first use"
            );
        if (config.GetStringList("akka.cluster.sharding.distributed-data.durable.keys", []).Count > 0)
            throw CreateError(
                "akka.cluster.sharding.distributed-data.durable.keys",
                "not empty",
                "[]",
                "a durable key needs LightningDB, which fails at its first use"
            );
    }

    /// <summary>
    /// Checks that pipelines can enforce budgets, which requires a journal for the granted and held records.
    /// </summary>
    public static void CheckBudgets(ConveyorSettings settings, bool hasPipelines)
    {
        if (!hasPipelines || settings.KeepsRecords || settings.Cluster.SourceBudgets.Count == 0)
            return;
        var source = settings.Cluster.SourceBudgets.Keys.Min(StringComparer.Ordinal)!;
        throw new ConfigurationException(
            $"{KeyNames.Join("conveyor.cluster.sources", source)}.max-records is {settings.Cluster.SourceBudgets[source]}, and conveyor.persistence is off; a budget over the cluster needs conveyor.persistence = on."
        );
    }

    static ConfigurationException CreateError(string key, string value, string right, string why) =>
        new(
            $"{key} is {(value.Length == 0 ? "not set" : value)}; with conveyor.cluster.enabled it must be {right}: {why}. Create the actor system with ClusterConfig.Balanced as a fallback."
        );
}
