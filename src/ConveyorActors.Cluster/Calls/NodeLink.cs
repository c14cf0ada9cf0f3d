using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>A port's link to one node. It is opened with the first call, and never again after its end.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class NodeLink(Func<ActorBufferService> begin)
{
    readonly Lock gate = new();
    ActorBufferService? service;
    bool hasEnded;

    /// <summary>
    /// Returns the port to the node's pipelines, and opens it if necessary; null: the link has ended.
    /// </summary>
    public ActorBufferService? Begin()
    {
        lock (gate)
            return hasEnded ? null : service ??= begin();
    }

    /// <summary>Returns whether a port belongs to this link.</summary>
    public bool Is(ActorBufferService port)
    {
        lock (gate)
            return ReferenceEquals(service, port);
    }

    /// <summary>Ends the link and the calls under way. A link that was never used is not opened for that.</summary>
    public ValueTask EndAsync()
    {
        lock (gate)
            hasEnded = true;
        return service?.DisposeAsync() ?? default;
    }
}
