using System.Buffers;

namespace ConveyorActors.Http.Records;

/// <summary>The records of a body that were read and are not offered yet, in an array that is used again and again.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class RecordBatch : IDisposable
{
    const int FirstRoom = 16;

    ConveyorRecord[] records = [];

    public int Count { get; private set; }

    /// <summary>Gets the records. They are valid until the batch is cleared.</summary>
    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, Count);

    public void Add(ConveyorRecord record)
    {
        if (Count == records.Length)
            Grow();
        records[Count++] = record;
    }

    /// <summary>Removes the records. Their array is used again, so nobody may read it any more.</summary>
    public void Clear()
    {
        records.AsSpan(0, Count).Clear();
        Count = 0;
    }

    public void Dispose()
    {
        Clear();
        GiveBack();
        records = [];
    }

    void Grow()
    {
        var larger = ArrayPool<ConveyorRecord>.Shared.Rent(Math.Max(FirstRoom, 2 * Count));
        Records.CopyTo(larger);
        records.AsSpan(0, Count).Clear();
        GiveBack();
        records = larger;
    }

    void GiveBack()
    {
        if (records.Length > 0)
            ArrayPool<ConveyorRecord>.Shared.Return(records);
    }
}
