namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// Specifies whether a call may be repeated when its reply was lost with the node that it was sent to.
/// </summary>
enum CallKind
{
    /// <summary>
    /// The call is sent again. A repetition has no further effect: the call is a query, sets the same values again, or
    /// is about a lease or credits that ended with the node.
    /// </summary>
    Repeatable,

    /// <summary>The same as <see cref="Repeatable"/>, without a time limit.</summary>
    Waiting,

    /// <summary>The call is sent again with the same id, by which the pipeline's journal recognizes it.</summary>
    Identified,

    /// <summary>
    /// The call is not sent again; it throws an exception that states that the call's effect is not known.
    /// </summary>
    Once,
}
