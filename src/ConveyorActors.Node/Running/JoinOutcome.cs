namespace ConveyorActors.Node.Running;

/// <summary>How an attempt to join the cluster ended.</summary>
enum JoinOutcome
{
    /// <summary>The node is up.</summary>
    Up,

    /// <summary>A signal came first.</summary>
    Signalled,

    /// <summary>
    /// The cluster removed the node while it was joining: the node that let it in was removed itself. Another attempt
    /// may succeed.
    /// </summary>
    Removed,
}
