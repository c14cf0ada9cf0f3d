using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>
/// The records of one queue that arrived in one transaction, stored as one row. A separate row, the tombstones, stores
/// which of them are gone, and how often the others were returned with a charged retry.
/// </summary>
/// <remarks>Guarded by the model's lock.</remarks>
sealed class Group(long id, Queue queue, long first, int count) : Row
{
    ulong[]? removed; // null: no record is gone
    Dictionary<int, int>? retries;

    public long Id { get; } = id;

    public Queue Queue { get; } = queue;

    /// <summary>Gets the sequence of the first record.</summary>
    public long First { get; } = first;

    public int Count { get; } = count;

    public long Last => First + Count - 1;

    /// <summary>Gets the number of waiting records.</summary>
    public int Live { get; private set; } = count;

    /// <summary>Gets or sets the number of records in the stored bytes, waiting or not.</summary>
    public int Kept { get; set; } = count;

    /// <summary>Gets or sets the size of the group's row in bytes.</summary>
    public int Size { get; set; }

    /// <summary>Gets the row of the group's tombstones.</summary>
    public Row TombstoneRow { get; } = new();

    int Words => (Count + 63) / 64;

    ulong[] Bits => removed ??= new ulong[Words];

    public bool IsRemoved(int index) => removed is not null && (removed[index >> 6] >> (index & 63) & 1) != 0;

    public int GetRetries(int index) => retries is null ? 0 : retries.GetValueOrDefault(index);

    /// <summary>Returns a sentence on a record that is as it was written and cannot be decoded.</summary>
    public string DescribeUndecodable(int index, string? source, string why) =>
        $"record {First + index} of source '{source}' at stage '{Queue.Stage}' of pipeline '{Queue.Pipeline}' cannot be decoded: {why}; it is left out";

    /// <summary>Marks a record as gone. Returns false if it was gone before.</summary>
    public bool Remove(int index)
    {
        if (IsRemoved(index))
            return false;
        Bits[index >> 6] |= 1UL << (index & 63);
        Live--;
        retries?.Remove(index);
        return true;
    }

    public void Retry(int index)
    {
        retries ??= [];
        retries[index] = retries.GetValueOrDefault(index) + 1;
    }

    public void SetRetries(int index, int count)
    {
        if (count == 0)
            return;
        (retries ??= [])[index] = count;
    }

    /// <summary>
    /// Writes the tombstones. Writes nothing if no record is gone and none was tried before, as in most groups.
    /// </summary>
    public void WriteTombstones(ByteWriter to)
    {
        if (Live == Count && retries is not { Count: > 0 })
            return;
        to.WriteNumber(Bits.Length);
        foreach (var word in Bits)
            for (var i = 0; i < 8; i++)
                to.WriteByte((byte)(word >> i * 8));
        to.WriteNumber(retries?.Count ?? 0);
        foreach (var (index, count) in retries ?? [])
        {
            to.WriteNumber(index);
            to.WriteNumber(count);
        }
    }

    public void ReadTombstones(ref ByteReader from)
    {
        if (from.IsAtEnd)
            return;
        if (from.ReadCount() != Words)
            throw new InvalidDataException("it is of another length than its group");
        for (var word = 0; word < Words; word++)
        for (var i = 0; i < 8; i++)
            Bits[word] |= (ulong)from.ReadByte() << i * 8;
        retries = null;
        for (var left = from.ReadCount(); left > 0; left--)
        {
            var (index, count) = (from.ReadInt(), from.ReadInt());
            SetRetries(index, count);
        }
        Live = Count - Bits.Sum(word => System.Numerics.BitOperations.PopCount(word));
        if (Live < 0)
            throw new InvalidDataException("more of its records are settled than it had");
    }
}
