namespace ConveyorActors.Buffers.Manager;

/// <summary>Whether a manager accepts offers.</summary>
enum ManagerState
{
    /// <summary>Offers are accepted.</summary>
    Running,

    /// <summary>New offers are refused; consumers finish what is pending.</summary>
    Draining,

    /// <summary>Nothing is accepted or leased any more.</summary>
    Stopped,
}
