namespace ConveyorActors.Node.Running;

/// <summary>Specifies how an attempt to join the cluster ended.</summary>
enum JoinOutcome
{
    /// <summary>The node is up.</summary>
    Up,

    /// <summary>A signal arrived before the node was up.</summary>
    Signalled,

    /// <summary>
    /// The cluster removed the node while it was joining, because the node that admitted it was removed itself. Another
    /// attempt may succeed.
    /// </summary>
    Removed,
}
