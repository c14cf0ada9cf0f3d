namespace ConveyorActors.Storage.Format;

/// <summary>The place of one record in a group's bytes.</summary>
/// <param name="Index">The record's sequence, counted from the group's first.</param>
/// <param name="SourceQueue">The id of the record's line, which is the counts of its source in the stage.</param>
/// <param name="At">When the record was accepted, in milliseconds since 1970 (UTC).</param>
/// <param name="Start">The start of the record.</param>
/// <param name="EntryStart">The start of the record's entry, including its length.</param>
/// <param name="EntryEnd">The end of the record's entry.</param>
readonly record struct GroupEntry(int Index, int SourceQueue, long At, int Start, int EntryStart, int EntryEnd);

/// <summary>
/// The records of one stage that arrived in one transaction, as one blob. Settled records may be left out.
/// </summary>
static class GroupBlob
{
    public static void Begin(ByteWriter to, long at) => to.WriteSigned(at);

    /// <param name="to">The blob.</param>
    /// <param name="entry">A buffer in which the entry is written first.</param>
    /// <param name="index">The sequence, counted from the group's first.</param>
    /// <param name="sourceQueue">The id of the record's line.</param>
    /// <param name="at">When the record was accepted, in milliseconds after the time at the blob's beginning.</param>
    /// <param name="record">The record.</param>
    public static void Add(ByteWriter to, ByteWriter entry, int index, int sourceQueue, long at, ConveyorRecord record)
    {
        entry.Clear();
        entry.WriteNumber(index);
        entry.WriteNumber(sourceQueue);
        entry.WriteSigned(at);
        RecordCodec.Write(entry, record);
        to.WriteBlob(entry.Written);
    }

    /// <summary>
    /// Reads the record of an entry. Returns null, and sets the reason, if the entry is as it was written and cannot be
    /// decoded, as that of a newer version.
    /// </summary>
    public static ConveyorRecord? TryRead(ReadOnlySpan<byte> blob, in GroupEntry entry, out string why)
    {
        why = "";
        try
        {
            var reader = new ByteReader(blob[entry.Start..entry.EntryEnd]);
            return RecordCodec.Read(ref reader);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            why = e.Message;
            return null;
        }
    }

    /// <summary>Enumerates a blob's entries.</summary>
    public ref struct Walker
    {
        ByteReader reader;
        readonly long at;

        public Walker(ReadOnlySpan<byte> blob)
        {
            reader = new(blob);
            at = reader.ReadSigned();
            HeaderEnd = reader.Position;
        }

        public int HeaderEnd { get; }

        public bool TryReadNext(out GroupEntry entry)
        {
            entry = default;
            if (reader.IsAtEnd)
                return false;
            var entryStart = reader.Position;
            var length = reader.ReadCount();
            var end = reader.Position + length;
            var (index, sourceQueue, time) = (reader.ReadInt(), reader.ReadInt(), at + reader.ReadSigned());
            entry = new(index, sourceQueue, time, reader.Position, entryStart, end);
            if (end < reader.Position)
                throw new InvalidDataException("an entry is shorter than what is in it");
            reader.ReadRaw(end - reader.Position);
            return true;
        }
    }
}
