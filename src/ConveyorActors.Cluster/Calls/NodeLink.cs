using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>A port's link to one node: begun with its first call, and never after its end.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class NodeLink(Func<ActorBufferService> begin)
{
    readonly Lock gate = new();
    ActorBufferService? service;
    bool hasEnded;

    /// <summary>Returns the port to the node's pipelines; null when the link has ended.</summary>
    public ActorBufferService? Begin()
    {
        lock (gate)
            return hasEnded ? null : service ??= begin();
    }

    /// <summary>Returns whether a port is this link's.</summary>
    public bool Is(ActorBufferService port)
    {
        lock (gate)
            return ReferenceEquals(service, port);
    }

    /// <summary>Ends it, and the calls under way. One that was never used is not begun for that.</summary>
    public ValueTask EndAsync()
    {
        lock (gate)
            hasEnded = true;
        return service?.DisposeAsync() ?? default;
    }
}
