namespace ConveyorActors.Cluster.Calls;

/// <summary>Whether a call may be repeated when its reply was lost with the node that it was sent to.</summary>
enum CallKind
{
    /// <summary>
    /// The call is sent again. It changes nothing twice: it is a query, sets the same values again, or is about a lease
    /// or credits that ended with the node.
    /// </summary>
    Repeatable,

    /// <summary>As <see cref="Repeatable"/>, without a limit of time.</summary>
    Waiting,

    /// <summary>The call is sent again with the same id, by which the pipeline's journal knows it.</summary>
    Identified,

    /// <summary>The call is not sent again; it throws an exception that says that its effect is not known.</summary>
    Once,
}
