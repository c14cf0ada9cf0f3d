namespace ConveyorActors.Storage.Format;

/// <summary>Where one record lies in a group's bytes.</summary>
/// <param name="Index">Its sequence, counted from the group's first.</param>
/// <param name="Line">The id of its line.</param>
/// <param name="At">When it was accepted, in milliseconds since 1970 (UTC).</param>
/// <param name="Start">Where its record begins.</param>
/// <param name="EntryStart">Where its entry begins, its length included.</param>
/// <param name="EntryEnd">Where its entry ends.</param>
readonly record struct GroupEntry(int Index, int Line, long At, int Start, int EntryStart, int EntryEnd);

/// <summary>
/// The records of one stage that came in with one transaction, as one blob. Those that are settled may be left out.
/// </summary>
static class GroupBlob
{
    public static void Begin(ByteWriter to, long at) => to.Signed(at);

    /// <param name="to">The blob.</param>
    /// <param name="entry">Room to write the entry in first.</param>
    /// <param name="index">The sequence, counted from the group's first.</param>
    /// <param name="line">The line's id.</param>
    /// <param name="at">When it was accepted, counted from the blob's beginning.</param>
    /// <param name="record">The record.</param>
    public static void Add(ByteWriter to, ByteWriter entry, int index, int line, long at, ConveyorRecord record)
    {
        entry.Clear();
        entry.Number(index);
        entry.Number(line);
        entry.Signed(at);
        RecordCodec.Write(entry, record);
        to.Blob(entry.Written);
    }

    /// <summary>Walks over a blob's entries.</summary>
    public ref struct Walker
    {
        ByteReader reader;
        readonly long at;

        public Walker(ReadOnlySpan<byte> blob)
        {
            reader = new(blob);
            at = reader.Signed();
            HeaderEnd = reader.Position;
        }

        public int HeaderEnd { get; }

        public bool Next(out GroupEntry entry)
        {
            entry = default;
            if (reader.IsAtEnd)
                return false;
            var entryStart = reader.Position;
            var length = reader.Count();
            var end = reader.Position + length;
            var (index, line, time) = (reader.Int(), reader.Int(), at + reader.Signed());
            entry = new(index, line, time, reader.Position, entryStart, end);
            if (end < reader.Position)
                throw new InvalidDataException("an entry is shorter than what is in it");
            reader.Raw(end - reader.Position);
            return true;
        }
    }
}
