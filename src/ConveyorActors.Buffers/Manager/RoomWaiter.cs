using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer or a request for credits that waits for room at one stage.</summary>
/// <remarks>
/// Guarded by its stage's lock. A waiter keeps its source's queue at the stage from being idle, so neither the source
/// nor the stage is removed.
/// </remarks>
abstract class RoomWaiter(SourceQueue queue)
{
    /// <summary>Gets the queue that the records, or the granted room, belong to.</summary>
    public SourceQueue Queue { get; } = queue;

    public SourceState Source => Queue.Source!;

    /// <summary>Gets or sets the waiter's number among all waiters in the manager; 0 before the wait.</summary>
    public long Ticket { get; set; }

    /// <summary>
    /// Gets or sets the level whose room the waiter was last found to wait for: the stage, the source or the manager.
    /// Maintained for the first waiter of each queue.
    /// </summary>
    public OfferStatus WaitsFor { get; set; }

    /// <summary>Gets or sets whether the waiter is in its lane.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>The neighbours among the waiters of the queue, by ticket.</summary>
    public RoomWaiter? Earlier,
        Later;
}
