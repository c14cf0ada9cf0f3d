using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Limits how many of a manager's records are in memory. The others are only in the store until their turn comes.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="global">The room of the whole manager, which counts all records, whether in memory or not.</param>
/// <param name="most">The limit, in bytes.</param>
sealed class MemoryBound(CapacityPool global, long most)
{
    /// <summary>
    /// The bytes of memory that a record takes in addition to its own size: the object and its place in a queue, and
    /// as much again, because the memory of a settled record becomes free only later.
    /// </summary>
    const int BytesPerRecord = 128;

    long spilled,
        spilledBytes;

    /// <summary>Gets how many more bytes may be loaded; negative when the limit is exceeded.</summary>
    public long Free =>
        most
        - (
            global.UsedBytes
            - Volatile.Read(ref spilledBytes)
            + BytesPerRecord * (global.Used - Volatile.Read(ref spilled))
        );

    /// <summary>Gets the limit, in bytes.</summary>
    public long Most => most;

    /// <summary>Gets the average size of the records in memory, in bytes; 0: there are none.</summary>
    public long AverageBytes
    {
        get
        {
            var records = global.Used - Volatile.Read(ref spilled);
            return records <= 0 ? 0 : Math.Max(0, global.UsedBytes - Volatile.Read(ref spilledBytes)) / records;
        }
    }

    /// <summary>Returns how many records of an average size fit into a number of bytes.</summary>
    public static long CountRecords(long bytes, long averageBytes) => bytes / (averageBytes + BytesPerRecord);

    /// <summary>Returns the bytes that records of an average size take.</summary>
    public static long CountBytes(long records, long averageBytes) => records * (averageBytes + BytesPerRecord);

    /// <summary>Counts records as being only in the store.</summary>
    public void Spill(long records, long bytes)
    {
        Interlocked.Add(ref spilled, records);
        Interlocked.Add(ref spilledBytes, bytes);
    }

    /// <summary>Counts records as read back into memory.</summary>
    public void Load(long records, long bytes) => Spill(-records, -bytes);
}
