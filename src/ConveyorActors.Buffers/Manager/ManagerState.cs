namespace ConveyorActors.Buffers.Manager;

/// <summary>Specifies whether a manager accepts offers.</summary>
enum ManagerState
{
    /// <summary>Offers are accepted.</summary>
    Running,

    /// <summary>New offers are refused; consumers finish pending records.</summary>
    Draining,

    /// <summary>Records are no longer accepted or leased.</summary>
    Stopped,
}
