using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Decides how many records of each queue may be loaded from the store.</summary>
/// <param name="parts">The parts of the manager.</param>
/// <param name="memory">The limit of the records in memory; null: there is none.</param>
sealed class BacklogShares<T>(ManagerParts<T> parts, MemoryBound? memory)
{
    /// <summary>
    /// The least number of records that a queue may load when the limits leave it no share, so that no backlog waits
    /// forever.
    /// </summary>
    const int LeastLoaded = 32;

    /// <summary>
    /// The part of the memory, and of the stage's limit, that the queues of a stage may load together although the
    /// rest is full: the records that fill it may wait for these, and few records at a time take long to load.
    /// </summary>
    const int LeastPart = 16;

    readonly CapacityPool global = parts.Global;

    /// <summary>
    /// Returns whether to read records of a queue: when half of the memory is free, because each read of the store
    /// should return many records, or when the queue has nothing to lease.
    /// </summary>
    bool IsTimeToRead(SourceQueue<T> queue, long free) =>
        memory is null || free >= memory.Most / 2 || queue.Records.Count == 0;

    /// <summary>
    /// Returns how many spilled records of a queue may be read back now. A queue with nothing to lease gets some even
    /// if memory is full.
    /// </summary>
    public int GetOfSpilled(StageState<T> stage, SourceQueue<T> queue, ref long free)
    {
        var average = queue.SpilledBytes / queue.Spilled;
        var share = IsTimeToRead(queue, free) ? MemoryBound.CountRecords(free, average) : 0;
        if (queue.Records.Count == 0)
            share = Math.Max(share, GetLeast(stage, average));
        share = Math.Min(share, queue.Spilled);
        free -= MemoryBound.CountBytes(share, average);
        return (int)share;
    }

    /// <summary>
    /// Returns how many records of a queue from before the start to read now. No more are read than memory has room
    /// for: the others would be read again.
    /// </summary>
    public int GetOfStored(StageState<T> stage, SourceQueue<T> queue, bool getsLeast, ref long free)
    {
        long share = IsTimeToRead(queue, free) ? Math.Min(Get(stage, queue, getsLeast), queue.Stored) : 0;
        if (memory is null || share <= 0)
            return (int)share;
        var average = memory.AverageBytes;
        share = Math.Min(
            share,
            Math.Max(MemoryBound.CountRecords(free, average), GetLeast(stage, average) - queue.Records.Count)
        );
        free -= MemoryBound.CountBytes(Math.Max(0, share), average);
        return (int)share;
    }

    /// <summary>
    /// Returns whether a queue gets the least number of records: it has none, and the limits leave it no share.
    /// </summary>
    public bool GetsLeast(StageState<T> stage, SourceQueue<T> queue) =>
        queue.Room == 0 && GetRoomBelowWatermarks(stage, queue) <= 0;

    /// <summary>Returns how many more records of a queue from before the start may be loaded now.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="getsLeast">The result of <see cref="GetsLeast"/> when the load began.</param>
    public int Get(StageState<T> stage, SourceQueue<T> queue, bool getsLeast)
    {
        if (memory is { Free: <= 0 } && queue.Records.Count >= GetLeast(stage, memory.AverageBytes))
            return 0;
        var source = queue.Source!;
        var share = GetRoomBelowWatermarks(stage, queue);
        if (share > 0 || !getsLeast)
            return (int)share;
        // The room already taken is of this load, which asks again for each record.
        return (int)
            Math.Min(
                Math.Max(0, GetLeast(stage, memory?.AverageBytes ?? 0) - queue.Room),
                Math.Min(
                    GetFreeRoom(stage.Pool, queue),
                    Math.Min(GetFreeRoom(source.Pool, queue), GetFreeRoom(global, queue))
                )
            );
    }

    /// <summary>Returns how many records of a queue may be in memory even if there is no room for more.</summary>
    int GetLeast(StageState<T> stage, long average)
    {
        var division = LeastPart * stage.Buffer.Queues.Count;
        long share = stage.Pool.Limits.Records / division;
        if (memory is not null)
            share = Math.Min(share, MemoryBound.CountRecords(memory.Most / division, average));
        return (int)Math.Clamp(share, LeastLoaded, int.MaxValue);
    }

    long GetRoomBelowWatermarks(StageState<T> stage, SourceQueue<T> queue) =>
        Math.Max(
            0,
            Math.Min(
                GetRoomBelowWatermark(stage.Pool, queue),
                Math.Min(GetRoomBelowWatermark(queue.Source!.Pool, queue), GetRoomBelowWatermark(global, queue))
            )
        );

    long GetRoomBelowWatermark(CapacityPool pool, SourceQueue<T> queue)
    {
        var low = parts.Settings.LowWatermark;
        return pool.Fill >= low ? 0 : Math.Min(GetFreeRoom(pool, queue), (long)(low * pool.Limits.Records) - pool.Used);
    }

    static long GetFreeRoom(CapacityPool pool, SourceQueue<T> queue) =>
        queue.Hopping > 0 ? pool.Limits.Records - pool.Used : pool.AvailableToStored;
}
