namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Creates ids of leases and credits that never repeat in any stage or manager, even after a restart.
/// </summary>
/// <remarks>
/// Safe for use by many threads. One counter for the whole process is used, so that a stage that is removed and
/// recreated, or another manager, does not begin again. The counter starts at a random place among 2^52, because a
/// consumer in another process may still hold an id from before a restart. If two processes create a billion ids each,
/// the probability that an id occurs twice is about 1 in 2 million; the probability that the id of one late consumer is
/// among a thousand open ids is about 1 in 4 trillion. The range is limited to 2^52, so that ids stay below 2^53 and
/// JSON readers that know only doubles read them exactly.
/// </remarks>
static class UniqueIds
{
    static long last = Random.Shared.NextInt64(1, 1L << 52);

    /// <summary>Returns the next id: above 0, and above every id that this process has created before.</summary>
    public static long CreateId() => Interlocked.Increment(ref last);
}
