using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Places pipelines on the nodes of a cluster. Each node works only on the pipelines placed on it.</summary>
/// <remarks>Safe for use by many threads.</remarks>
public interface IPipelinePlacement
{
    /// <summary>Gets the actor that passes commands on to the node that has their pipeline.</summary>
    IActorRef Elsewhere { get; }

    /// <summary>Gets the buffer service over all pipelines of the cluster.</summary>
    IBufferService Service { get; }

    /// <summary>
    /// Hands over all pipelines of this node. Completes when they are handed over, or at the deadline.
    /// </summary>
    Task LeaveAsync(TimeSpan deadline);
}

/// <summary>
/// Creates the placement of an actor system. Found by its type name when <c>conveyor.cluster.enabled</c> is on.
/// </summary>
public interface IPipelinePlacementProvider
{
    /// <summary>Validates the configuration without starting anything.</summary>
    /// <exception cref="Akka.Configuration.ConfigurationException">
    /// A setting is wrong; the message names it, its value and what would be right.
    /// </exception>
    void Check(ExtendedActorSystem system, ConveyorSettings settings);

    /// <summary>Creates the placement.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">The system's settings.</param>
    /// <param name="pipelines">The actor that takes commands to the pipelines of this node.</param>
    IPipelinePlacement Start(ExtendedActorSystem system, ConveyorSettings settings, IActorRef pipelines);
}
