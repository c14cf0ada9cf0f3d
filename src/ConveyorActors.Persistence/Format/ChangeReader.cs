using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Reads changes that a <see cref="ChangeWriter"/> wrote. There is one method for each kind of change.
/// </summary>
static class ChangeReader
{
    /// <summary>Reads the next change. Its times are in milliseconds since 1970.</summary>
    public static StoreEntry<ConveyorRecord> Read(ref ByteReader from, NameReader names)
    {
        var kind = (ChangeKind)from.ReadByte();
        var stage = names.Read(ref from);
        return new(
            stage,
            kind switch
            {
                ChangeKind.Buffered => ReadBuffered(ref from, names),
                ChangeKind.Settled => ReadSettled(ref from, names),
                ChangeKind.Returned => ReadReturned(ref from, names),
                ChangeKind.DeadLettered => ReadDeadLettered(ref from, names, stage),
                ChangeKind.Expired => ReadExpired(ref from, names),
                ChangeKind.DeadLettersRemoved => ReadDeadLettersRemoved(ref from),
                ChangeKind.Parked => ReadParked(ref from, names),
                ChangeKind.Unparked => ReadUnparked(ref from, names),
                ChangeKind.Refused => ReadRefused(ref from, names),
                ChangeKind.Remembered => ReadRemembered(ref from),
                ChangeKind.CheckpointSet => ReadCheckpointSet(ref from),
                ChangeKind.Positioned => ReadPositioned(ref from, names),
                ChangeKind.Offered => ReadOffered(ref from),
                ChangeKind.SourceRemoved => ReadSourceRemoved(ref from, names),
                _ => throw new InvalidDataException($"a change of kind {(byte)kind} is not known to this version"),
            }
        );
    }

    static Event ReadBuffered(ref ByteReader from, NameReader names)
    {
        var (source, first, at) = (names.Read(ref from), from.ReadNumber(), from.ReadSigned());
        var (records, sizes) = ReadRecords(ref from);
        return new Event.Buffered(source, first, records, sizes, at);
    }

    static Event ReadSettled(ref ByteReader from, NameReader names)
    {
        var (source, isDropped) = (names.Read(ref from), from.ReadByte() != 0);
        return new Event.Settled(source, ReadSequences(ref from), isDropped);
    }

    static Event ReadReturned(ref ByteReader from, NameReader names) =>
        new Event.Returned(names.Read(ref from), ReadSequences(ref from), from.ReadText(), from.ReadSigned());

    static Event ReadDeadLettered(ref ByteReader from, NameReader names, string stage)
    {
        var source = names.Read(ref from);
        var letter = DeadLetterCodec.Read(ref from, names.Pipeline, stage, source);
        return new Event.DeadLettered(
            source,
            letter.Record.Sequence,
            letter.Reason,
            letter.LastError,
            letter.At.ToUnixTimeMilliseconds()
        )
        {
            Letter = letter.Record,
            Kept = from.ReadInt(),
        };
    }

    static Event ReadExpired(ref ByteReader from, NameReader names) =>
        new Event.Expired(names.Read(ref from), ReadSequences(ref from));

    static Event ReadDeadLettersRemoved(ref ByteReader from) =>
        new Event.DeadLettersRemoved(from.ReadInt()) { AreDiscarded = from.ReadByte() != 0 };

    static Event ReadParked(ref ByteReader from, NameReader names)
    {
        var (source, first, at, depth) = (names.Read(ref from), from.ReadNumber(), from.ReadSigned(), from.ReadInt());
        var (records, sizes) = ReadRecords(ref from);
        return new Event.Parked(source, first, records, sizes, at, depth);
    }

    static Event ReadUnparked(ref ByteReader from, NameReader names) =>
        new Event.Unparked(names.Read(ref from), from.ReadNumber(), from.ReadInt());

    static Event ReadRefused(ref ByteReader from, NameReader names)
    {
        var source = names.Read(ref from);
        var counts = new (LossReason, long)[from.ReadCount()];
        for (var i = 0; i < counts.Length; i++)
            counts[i] = (LossCodes.GetReason(from.ReadNumber()), from.ReadNumber());
        return new Event.Refused(source, counts);
    }

    static Event ReadRemembered(ref ByteReader from) =>
        new Event.Remembered(
            from.ReadText(),
            from.ReadSigned(),
            new() { Count = from.ReadInt(), Time = new(from.ReadSigned()) }
        );

    static Event ReadCheckpointSet(ref ByteReader from) =>
        new Event.CheckpointSet(new(from.ReadText(), from.ReadText()));

    static Event ReadPositioned(ref ByteReader from, NameReader names) =>
        new Event.Positioned(names.Read(ref from), new(from.ReadSigned(), from.ReadSigned()));

    static Event ReadOffered(ref ByteReader from) => new Event.Offered(OfferCodec.Read(ref from), from.ReadNumber());

    static Event ReadSourceRemoved(ref ByteReader from, NameReader names) =>
        new Event.SourceRemoved(names.Read(ref from));

    static (ConveyorRecord[] Records, int[] Sizes) ReadRecords(ref ByteReader from)
    {
        var records = new ConveyorRecord[from.ReadCount()];
        var sizes = new int[records.Length];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = RecordCodec.Read(ref from);
            sizes[i] = records[i].GetSize();
        }
        return (records, sizes);
    }

    static long[] ReadSequences(ref ByteReader from)
    {
        const int most = 1 << 28;
        var head = from.ReadNumber();
        var (count, isRun) = (head >> 1, (head & 1) != 0);
        if (count is < 0 or > most || !isRun && count > from.Left)
            throw new InvalidDataException($"{count} sequences cannot be in one change");
        var sequences = new long[count];
        long last = 0;
        for (var i = 0; i < count; i++)
            last = sequences[i] = isRun && i > 0 ? last + 1 : last + from.ReadSigned();
        return sequences;
    }
}
