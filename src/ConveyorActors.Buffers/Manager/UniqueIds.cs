namespace ConveyorActors.Buffers.Manager;

/// <summary>Ids of leases and credits that never repeat: not in another stage or manager, and not after a restart.</summary>
/// <remarks>
/// Safe for use by many threads. One counter for the whole process, so that a stage that is removed and comes back, or another manager, does not begin anew.
/// It starts at a random place among 2^62, because a consumer in another process may still hold an id from before a restart: that two processes ever
/// give the same id is less likely than a fault of the hardware.
/// </remarks>
static class UniqueIds
{
    static long last = Random.Shared.NextInt64(1, 1L << 62);

    /// <summary>The next id: above 0, and above every id that this process has given before.</summary>
    public static long Next() => Interlocked.Increment(ref last);
}
