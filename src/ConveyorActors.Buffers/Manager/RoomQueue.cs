namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// What the lanes of all stages share, so that offers and requests that wait for room are served first come, first
/// served over the whole manager.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The waiters themselves are in the stages' lanes (<see cref="RoomLane"/>).
/// </remarks>
sealed class RoomQueue
{
    long lastTicket;
    int count;
    int forManager;

    /// <summary>How many wait, over all stages.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>
    /// How many queues' first waiters were found to wait for the manager's room: nobody who comes later may take any.
    /// </summary>
    public int ForManager => Volatile.Read(ref forManager);

    public long NextTicket() => Interlocked.Increment(ref lastTicket);

    public void CountWaiters(int change) => Interlocked.Add(ref count, change);

    public void CountForManager(int change) => Interlocked.Add(ref forManager, change);
}
