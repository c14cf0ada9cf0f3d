using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer or a request for credits that waits for room at one stage.</summary>
/// <remarks>
/// Guarded by its stage's lock. While it waits, its source's queue at the stage is not idle, so neither is removed.
/// </remarks>
abstract class RoomWaiter(SourceQueue queue)
{
    /// <summary>The queue that its records, or the room granted to it, belong to.</summary>
    public SourceQueue Queue { get; } = queue;

    public SourceState Source => Queue.Source!;

    /// <summary>Its place among all that wait in the manager; 0 before it waits.</summary>
    public long Ticket { get; set; }

    /// <summary>
    /// What it was found to wait for last: the stage's room, the source's or the manager's. Kept for the first waiter
    /// of each queue.
    /// </summary>
    public OfferStatus WaitsFor { get; set; }

    /// <summary>True while it is in its lane.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Neighbours among the waiters of its queue, by ticket.</summary>
    public RoomWaiter? Earlier,
        Later;
}
