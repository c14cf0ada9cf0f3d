namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The state shared by the lanes of all stages, so that offers and requests that wait for room are served first come,
/// first served over the whole manager.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The waiters themselves are in the stages' lanes (<see cref="RoomLane"/>).
/// </remarks>
sealed class RoomQueue
{
    long lastTicket;
    int count;
    int forManager;

    /// <summary>Gets the number of waiters, over all stages.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>
    /// Gets how many queues' first waiters were found to wait for the manager's room: while there are any, no later
    /// offer may take that room.
    /// </summary>
    public int ForManager => Volatile.Read(ref forManager);

    public long TakeTicket() => Interlocked.Increment(ref lastTicket);

    public void ChangeWaiters(int change) => Interlocked.Add(ref count, change);

    public void ChangeWaitersForManager(int change) => Interlocked.Add(ref forManager, change);
}
