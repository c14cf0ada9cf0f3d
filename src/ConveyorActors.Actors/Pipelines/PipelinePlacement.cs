using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Finds the provider of pipeline placement, if <c>conveyor.cluster.enabled</c> is on. The provider is in an assembly
/// of its own, which programs without a cluster do not need.
/// </summary>
static class PipelinePlacement
{
    const string Provider = "ConveyorActors.Cluster.ClusterPlacementProvider, ConveyorActors.Cluster";

    /// <summary>Returns the provider; null: all pipelines are on this node.</summary>
    /// <exception cref="ConfigurationException">The assembly is missing.</exception>
    public static IPipelinePlacementProvider? Find(ConveyorSettings settings)
    {
        if (!settings.Cluster.IsEnabled)
            return null;
        return Type.GetType(Provider) is { } type
            ? (IPipelinePlacementProvider)Activator.CreateInstance(type)!
            : throw new ConfigurationException(
                "conveyor.cluster.enabled is on, but the assembly ConveyorActors.Cluster is missing; reference that package, or switch conveyor.cluster.enabled off."
            );
    }
}
