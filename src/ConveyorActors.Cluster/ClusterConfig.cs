using Akka.Configuration;

namespace ConveyorActors.Cluster;

/// <summary>
/// The settings of Akka.Cluster that pipelines need; hocon/cluster.conf explains each of them. Use one of these as the
/// fallback of your own configuration when you create the actor system:
/// <c>config.WithFallback(ClusterConfig.Balanced)</c>.
/// </summary>
public static class ClusterConfig
{
    static readonly Config all = ConfigurationFactory.FromResource(
        "ConveyorActors.cluster.conf",
        typeof(ClusterConfig).Assembly
    );

    /// <summary>
    /// Gets settings with which pipelines reply again within 10 s of a node's death, without false alarms on a busy
    /// machine.
    /// </summary>
    public static Config Balanced { get; } = all.GetConfig("conveyor-cluster-balanced");

    /// <summary>
    /// Gets settings with which pipelines reply again within 6 s of a node's death, on machines and networks that do
    /// not pause.
    /// </summary>
    public static Config Fast { get; } = all.GetConfig("conveyor-cluster-fast").WithFallback(Balanced);
}
