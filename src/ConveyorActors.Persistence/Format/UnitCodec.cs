using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Encodes units: changes that belong together, one unit after the other. In the bytes all times are milliseconds since
/// 1970 (UTC). The numbers that stand for kinds of changes are part of the format: never change one, add at the end.
/// </summary>
static class UnitCodec
{
    /// <summary>The first byte of every body.</summary>
    public const byte Version = 1;

    enum Kind : byte
    {
        Buffered = 1,
        Settled = 2,
        Returned = 3,
        DeadLettered = 4,
        Expired = 5,
        DeadLettersRemoved = 6,
        Parked = 7,
        Unparked = 8,
        Refused = 9,
        Remembered = 10,
        CheckpointSet = 11,
        Positioned = 12,
        SourceRemoved = 13,
        Offered = 14,
    }

    /// <summary>Writes one unit.</summary>
    /// <param name="to">Where the unit is added.</param>
    /// <param name="names">The names that the body contains so far.</param>
    /// <param name="unit">The changes.</param>
    /// <param name="zero">The moment from which the changes' times count, in milliseconds since 1970.</param>
    public static void Write(ByteWriter to, NameWriter names, ReadOnlySpan<StoreEntry<ConveyorRecord>> unit, long zero)
    {
        to.Number(unit.Length);
        foreach (var (stage, change) in unit)
            Write(to, names, stage, change, zero);
    }

    /// <summary>Reads the next unit. Its times are in milliseconds since 1970.</summary>
    public static StoreEntry<ConveyorRecord>[] Read(ref ByteReader from, NameReader names)
    {
        var unit = new StoreEntry<ConveyorRecord>[from.Count()];
        for (var i = 0; i < unit.Length; i++)
            unit[i] = ReadEntry(ref from, names);
        return unit;
    }

    static void Write(ByteWriter to, NameWriter names, string stage, Event change, long zero)
    {
        switch (change)
        {
            case Event.Buffered b:
                Begin(Kind.Buffered);
                names.Write(to, b.Source);
                to.Number(b.FirstSequence);
                to.Signed(zero + b.BufferedAt);
                WriteRecords(to, b.Records);
                break;
            case Event.Settled s:
                Begin(Kind.Settled);
                names.Write(to, s.Source);
                to.Byte(s.Dropped ? (byte)1 : (byte)0);
                WriteSequences(to, s.Sequences);
                break;
            case Event.Returned r:
                Begin(Kind.Returned);
                names.Write(to, r.Source);
                WriteSequences(to, r.Sequences);
                to.Text(r.Reason);
                to.Signed(zero + r.SleepsUntil);
                break;
            case Event.DeadLettered d:
                Begin(Kind.DeadLettered);
                names.Write(to, d.Letter.SourceId);
                LetterCodec.Write(
                    to,
                    new(d.Letter, d.Reason, d.LastError, DateTimeOffset.FromUnixTimeMilliseconds(zero + d.At))
                );
                to.Number(d.Kept);
                break;
            case Event.Expired e:
                Begin(Kind.Expired);
                names.Write(to, e.Source);
                WriteSequences(to, e.Sequences);
                break;
            case Event.DeadLettersRemoved d:
                Begin(Kind.DeadLettersRemoved);
                to.Number(d.Count);
                to.Byte(d.AreDiscarded ? (byte)1 : (byte)0);
                break;
            case Event.Parked p:
                Begin(Kind.Parked);
                names.Write(to, p.Source);
                to.Number(p.First);
                to.Signed(zero + p.ParkedAt);
                to.Number(p.Depth);
                WriteRecords(to, p.Records);
                break;
            case Event.Unparked u:
                Begin(Kind.Unparked);
                names.Write(to, u.Source);
                to.Number(u.First);
                to.Number(u.Count);
                break;
            case Event.Refused r:
                Begin(Kind.Refused);
                names.Write(to, r.Source);
                to.Number(r.Counts.Count);
                foreach (var (reason, count) in r.Counts)
                {
                    to.Number(LossCodes.Of(reason));
                    to.Number(count);
                }
                break;
            case Event.Remembered r:
                Begin(Kind.Remembered);
                to.Text(r.Id);
                to.Signed(zero + r.At);
                to.Number(r.Window.Count);
                to.Signed(r.Window.Time.Ticks);
                break;
            case Event.CheckpointSet n:
                Begin(Kind.CheckpointSet);
                to.Text(n.Checkpoint.Key);
                to.Text(n.Checkpoint.Value);
                break;
            case Event.Positioned p:
                Begin(Kind.Positioned);
                names.Write(to, p.Source);
                to.Signed(p.Position.Offset);
                to.Signed(p.Position.Number);
                break;
            case Event.Offered o:
                Begin(Kind.Offered);
                OfferCodec.Write(to, o.Offer, zero);
                to.Number(o.FirstOpen);
                break;
            case Event.SourceRemoved l:
                Begin(Kind.SourceRemoved);
                names.Write(to, l.Source);
                break;
            default:
                throw new InvalidOperationException($"The journal does not know the change {change.GetType().Name}.");
        }

        void Begin(Kind kind)
        {
            to.Byte((byte)kind);
            names.Write(to, stage);
        }
    }

    static StoreEntry<ConveyorRecord> ReadEntry(ref ByteReader from, NameReader names)
    {
        var kind = (Kind)from.Byte();
        var stage = names.Read(ref from);
        return new(stage, ReadChange(kind, stage, ref from, names));
    }

    static Event ReadChange(Kind kind, string stage, ref ByteReader from, NameReader names)
    {
        switch (kind)
        {
            case Kind.Buffered:
                var (source, first, at) = (names.Read(ref from), from.Number(), from.Signed());
                var (records, sizes) = ReadRecords(ref from);
                return new Event.Buffered(source, first, records, sizes, at);
            case Kind.Settled:
                source = names.Read(ref from);
                var isDropped = from.Byte() != 0;
                return new Event.Settled(source, ReadSequences(ref from), isDropped);
            case Kind.Returned:
                return new Event.Returned(names.Read(ref from), ReadSequences(ref from), from.Text(), from.Signed());
            case Kind.DeadLettered:
                source = names.Read(ref from);
                var letter = LetterCodec.Read(ref from, names.Pipeline, stage, source);
                return new Event.DeadLettered(
                    source,
                    letter.Record.Sequence,
                    letter.Reason,
                    letter.LastError,
                    letter.At.ToUnixTimeMilliseconds()
                )
                {
                    Letter = letter.Record,
                    Kept = from.Int(),
                };
            case Kind.Expired:
                return new Event.Expired(names.Read(ref from), ReadSequences(ref from));
            case Kind.DeadLettersRemoved:
                return new Event.DeadLettersRemoved(from.Int()) { AreDiscarded = from.Byte() != 0 };
            case Kind.Parked:
                (source, first, at) = (names.Read(ref from), from.Number(), from.Signed());
                var depth = from.Int();
                (records, sizes) = ReadRecords(ref from);
                return new Event.Parked(source, first, records, sizes, at, depth);
            case Kind.Unparked:
                return new Event.Unparked(names.Read(ref from), from.Number(), from.Int());
            case Kind.Refused:
                source = names.Read(ref from);
                var counts = new (LossReason, long)[from.Count()];
                for (var i = 0; i < counts.Length; i++)
                    counts[i] = (LossCodes.Reason(from.Number()), from.Number());
                return new Event.Refused(source, counts);
            case Kind.Remembered:
                return new Event.Remembered(
                    from.Text(),
                    from.Signed(),
                    new() { Count = from.Int(), Time = new(from.Signed()) }
                );
            case Kind.CheckpointSet:
                return new Event.CheckpointSet(new(from.Text(), from.Text()));
            case Kind.Positioned:
                return new Event.Positioned(names.Read(ref from), new(from.Signed(), from.Signed()));
            case Kind.Offered:
                return new Event.Offered(OfferCodec.Read(ref from), from.Number());
            case Kind.SourceRemoved:
                return new Event.SourceRemoved(names.Read(ref from));
            default:
                throw new InvalidDataException($"a change of kind {(byte)kind} is not known to this version");
        }
    }

    static void WriteRecords(ByteWriter to, IReadOnlyList<ConveyorRecord> records)
    {
        to.Number(records.Count);
        for (var i = 0; i < records.Count; i++)
            RecordCodec.Write(to, records[i]);
    }

    static (ConveyorRecord[] Records, int[] Sizes) ReadRecords(ref ByteReader from)
    {
        var records = new ConveyorRecord[from.Count()];
        var sizes = new int[records.Length];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = RecordCodec.Read(ref from);
            sizes[i] = records[i].Payload.Length;
        }
        return (records, sizes);
    }

    /// <summary>Sequences that follow each other, as nearly all do, are written as the first one and a count.</summary>
    static void WriteSequences(ByteWriter to, IReadOnlyList<long> sequences)
    {
        var isRun = true;
        for (var i = 1; i < sequences.Count && isRun; i++)
            isRun = sequences[i] == sequences[i - 1] + 1;
        to.Number((long)sequences.Count << 1 | (isRun ? 1L : 0));
        long last = 0;
        for (var i = 0; i < (isRun ? Math.Min(1, sequences.Count) : sequences.Count); i++)
        {
            to.Signed(sequences[i] - last);
            last = sequences[i];
        }
    }

    static long[] ReadSequences(ref ByteReader from)
    {
        const int most = 1 << 28;
        var head = from.Number();
        var (count, isRun) = (head >> 1, (head & 1) != 0);
        if (count is < 0 or > most || !isRun && count > from.Left)
            throw new InvalidDataException($"{count} sequences cannot be in one change");
        var sequences = new long[count];
        long last = 0;
        for (var i = 0; i < count; i++)
            last = sequences[i] = isRun && i > 0 ? last + 1 : last + from.Signed();
        return sequences;
    }
}
