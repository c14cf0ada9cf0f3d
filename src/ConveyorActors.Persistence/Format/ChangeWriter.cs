using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Writes changes: the kind and the stage of each change, then the data of its kind. There is one method for each kind.
/// </summary>
/// <param name="to">The writer that the changes are added to.</param>
/// <param name="names">The names that the body contains so far.</param>
/// <param name="zero">The moment from which the changes' times count, in milliseconds since 1970.</param>
readonly struct ChangeWriter(ByteWriter to, NameWriter names, long zero)
{
    public void Write(string stage, Event change)
    {
        to.WriteByte((byte)GetKind(change));
        names.Write(to, stage);
        switch (change)
        {
            case Event.Buffered b:
                WriteBuffered(b);
                break;
            case Event.Settled s:
                WriteSettled(s);
                break;
            case Event.Returned r:
                WriteReturned(r);
                break;
            case Event.DeadLettered d:
                WriteDeadLettered(d);
                break;
            case Event.Expired e:
                WriteExpired(e);
                break;
            case Event.DeadLettersRemoved d:
                WriteDeadLettersRemoved(d);
                break;
            case Event.Parked p:
                WriteParked(p);
                break;
            case Event.Unparked u:
                WriteUnparked(u);
                break;
            case Event.Refused r:
                WriteRefused(r);
                break;
            case Event.Remembered r:
                WriteRemembered(r);
                break;
            case Event.CheckpointSet n:
                WriteCheckpointSet(n);
                break;
            case Event.Positioned p:
                WritePositioned(p);
                break;
            case Event.SourceRemoved l:
                names.Write(to, l.Source);
                break;
            case Event.Offered o:
                WriteOffered(o);
                break;
        }
    }

    static ChangeKind GetKind(Event change) =>
        change switch
        {
            Event.Buffered => ChangeKind.Buffered,
            Event.Settled => ChangeKind.Settled,
            Event.Returned => ChangeKind.Returned,
            Event.DeadLettered => ChangeKind.DeadLettered,
            Event.Expired => ChangeKind.Expired,
            Event.DeadLettersRemoved => ChangeKind.DeadLettersRemoved,
            Event.Parked => ChangeKind.Parked,
            Event.Unparked => ChangeKind.Unparked,
            Event.Refused => ChangeKind.Refused,
            Event.Remembered => ChangeKind.Remembered,
            Event.CheckpointSet => ChangeKind.CheckpointSet,
            Event.Positioned => ChangeKind.Positioned,
            Event.SourceRemoved => ChangeKind.SourceRemoved,
            Event.Offered => ChangeKind.Offered,
            _ => throw new InvalidOperationException($"The journal does not know the change {change.GetType().Name}."),
        };

    void WriteBuffered(Event.Buffered change)
    {
        names.Write(to, change.Source);
        to.WriteNumber(change.FirstSequence);
        to.WriteSigned(zero + change.BufferedAt);
        WriteRecords(change.Records);
    }

    void WriteSettled(Event.Settled change)
    {
        names.Write(to, change.Source);
        to.WriteByte(change.Dropped ? (byte)1 : (byte)0);
        WriteSequences(change.Sequences);
    }

    void WriteReturned(Event.Returned change)
    {
        names.Write(to, change.Source);
        WriteSequences(change.Sequences);
        to.WriteText(change.Reason);
        to.WriteSigned(zero + change.SleepsUntil);
    }

    void WriteDeadLettered(Event.DeadLettered change)
    {
        names.Write(to, change.Letter.SourceId);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(zero + change.At);
        DeadLetterCodec.Write(to, new(change.Letter, change.Reason, change.LastError, at));
        to.WriteNumber(change.Kept);
    }

    void WriteExpired(Event.Expired change)
    {
        names.Write(to, change.Source);
        WriteSequences(change.Sequences);
    }

    void WriteDeadLettersRemoved(Event.DeadLettersRemoved change)
    {
        to.WriteNumber(change.Count);
        to.WriteByte(change.AreDiscarded ? (byte)1 : (byte)0);
    }

    void WriteParked(Event.Parked change)
    {
        names.Write(to, change.Source);
        to.WriteNumber(change.First);
        to.WriteSigned(zero + change.ParkedAt);
        to.WriteNumber(change.Depth);
        WriteRecords(change.Records);
    }

    void WriteUnparked(Event.Unparked change)
    {
        names.Write(to, change.Source);
        to.WriteNumber(change.First);
        to.WriteNumber(change.Count);
    }

    void WriteRefused(Event.Refused change)
    {
        names.Write(to, change.Source);
        to.WriteNumber(change.Counts.Count);
        foreach (var (reason, count) in change.Counts)
        {
            to.WriteNumber(LossCodes.GetCode(reason));
            to.WriteNumber(count);
        }
    }

    void WriteRemembered(Event.Remembered change)
    {
        to.WriteText(change.Id);
        to.WriteSigned(zero + change.At);
        to.WriteNumber(change.Window.Count);
        to.WriteSigned(change.Window.Time.Ticks);
    }

    void WriteCheckpointSet(Event.CheckpointSet change)
    {
        to.WriteText(change.Checkpoint.Key);
        to.WriteText(change.Checkpoint.Value);
    }

    void WritePositioned(Event.Positioned change)
    {
        names.Write(to, change.Source);
        to.WriteSigned(change.Position.Offset);
        to.WriteSigned(change.Position.Number);
    }

    void WriteOffered(Event.Offered change)
    {
        OfferCodec.Write(to, change.Offer, zero);
        to.WriteNumber(change.FirstOpen);
    }

    void WriteRecords(IReadOnlyList<ConveyorRecord> records)
    {
        to.WriteNumber(records.Count);
        for (var i = 0; i < records.Count; i++)
            RecordCodec.Write(to, records[i]);
    }

    /// <summary>
    /// Writes sequences. Consecutive sequences, as nearly all are, are written as the first one and a count.
    /// </summary>
    void WriteSequences(IReadOnlyList<long> sequences)
    {
        var isRun = true;
        for (var i = 1; i < sequences.Count && isRun; i++)
            isRun = sequences[i] == sequences[i - 1] + 1;
        to.WriteNumber((long)sequences.Count << 1 | (isRun ? 1L : 0));
        long last = 0;
        for (var i = 0; i < (isRun ? Math.Min(1, sequences.Count) : sequences.Count); i++)
        {
            to.WriteSigned(sequences[i] - last);
            last = sequences[i];
        }
    }
}
