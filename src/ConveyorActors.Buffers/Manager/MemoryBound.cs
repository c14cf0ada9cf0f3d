using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// How much of a manager's records is in memory, under a bound. The others are only in the store until their turn
/// comes.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="global">The room of the whole manager, which counts records in memory and others alike.</param>
/// <param name="most">The bound, in bytes.</param>
sealed class MemoryBound(CapacityPool global, long most)
{
    /// <summary>How many bytes of memory a record takes in addition to its own.</summary>
    const int BytesPerRecord = 64;

    long spilled,
        spilledBytes;

    /// <summary>How many bytes more may be loaded; negative when the bound is passed.</summary>
    public long Free =>
        most
        - (
            global.UsedBytes
            - Volatile.Read(ref spilledBytes)
            + BytesPerRecord * (global.Used - Volatile.Read(ref spilled))
        );

    /// <summary>The bound, in bytes.</summary>
    public long Most => most;

    /// <summary>Returns how many records of an average size fit into some bytes.</summary>
    public static long Records(long bytes, long averageBytes) => bytes / (averageBytes + BytesPerRecord);

    /// <summary>Returns what records of an average size take.</summary>
    public static long Bytes(long records, long averageBytes) => records * (averageBytes + BytesPerRecord);

    /// <summary>Notes that records are only in the store now.</summary>
    public void Spill(long records, long bytes)
    {
        Interlocked.Add(ref spilled, records);
        Interlocked.Add(ref spilledBytes, bytes);
    }

    /// <summary>Notes that records were read back.</summary>
    public void Load(long records, long bytes) => Spill(-records, -bytes);
}
