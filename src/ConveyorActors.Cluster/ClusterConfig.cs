using Akka.Configuration;

namespace ConveyorActors.Cluster;

/// <summary>
/// What the cluster needs of an actor system's configuration: hocon/cluster.conf, which says why for each setting. Put one of these below your own configuration when
/// the actor system is created: <c>config.WithFallback(ClusterConfig.Balanced)</c>.
/// </summary>
public static class ClusterConfig
{
    static readonly Config all = ConfigurationFactory.FromResource("ConveyorActors.cluster.conf", typeof(ClusterConfig).Assembly);

    /// <summary>Gets the settings under which pipelines reply again within 10 s of a node's death, without false alarms on a busy machine.</summary>
    public static Config Balanced { get; } = all.GetConfig("conveyor-cluster-balanced");

    /// <summary>Gets the settings under which pipelines reply again within 6 s of a node's death, for machines and networks that do not pause.</summary>
    public static Config Fast { get; } = all.GetConfig("conveyor-cluster-fast").WithFallback(Balanced);
}
