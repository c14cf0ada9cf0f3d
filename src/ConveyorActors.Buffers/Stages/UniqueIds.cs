namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Ids of leases and credits that never repeat: not in another stage or manager, and not after a restart.
/// </summary>
/// <remarks>
/// Safe for use by many threads. One counter for the whole process, so that a stage that is removed and comes back, or
/// another manager, does not begin anew. It starts at a random place among 2^52, because a consumer in another process
/// may still hold an id from before a restart. When each of two processes gives a billion ids, the odds that any id is
/// given by both are about 1 in 2 million; the odds that one late consumer's id is among a thousand that are open are
/// about 1 in 4 trillion. Not more than 2^52, so that ids stay below 2^53 and readers of JSON that know only doubles
/// see them exactly.
/// </remarks>
static class UniqueIds
{
    static long last = Random.Shared.NextInt64(1, 1L << 52);

    /// <summary>The next id: above 0, and above every id that this process has given before.</summary>
    public static long Next() => Interlocked.Increment(ref last);
}
