using ConveyorActors.Buffers.Stores;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Model;

/// <summary>A pending record in the journal.</summary>
/// <param name="Source">The record's source.</param>
/// <param name="Record">The user's record.</param>
/// <param name="At">When the record was accepted, in milliseconds since 1970.</param>
/// <param name="Retries">How often the record was returned with a charged retry.</param>
readonly record struct PendingRecord(string Source, ConveyorRecord Record, long At, int Retries);

/// <summary>The state of one stage in the journal.</summary>
/// <remarks>Guarded by the lock of its <see cref="PipelineModel"/>.</remarks>
sealed class StageModel(string stage)
{
    public string Stage { get; } = stage;

    /// <summary>Gets or sets the last sequence that the stage assigned.</summary>
    public long LastSequence { get; set; }

    /// <summary>Gets or sets the last number that the stage assigned to a result that waits for room.</summary>
    public long LastParking { get; set; }

    public int Depth { get; set; }

    /// <summary>Gets or sets how many dead letters were purged, or discarded for newer ones.</summary>
    public long Discarded { get; set; }

    /// <summary>Gets or sets the counts of removed sources.</summary>
    public SourceModel Retired { get; set; } = new();

    public Dictionary<string, SourceModel> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the pending records by sequence.</summary>
    public Dictionary<long, PendingRecord> Records { get; } = [];

    /// <summary>Gets the results that wait for room, by number.</summary>
    public Dictionary<long, PendingRecord> Parked { get; } = [];

    public Queue<DeadLetter<ConveyorRecord>> Dead { get; } = new();

    /// <summary>
    /// Gets the ids in the duplicate window, and when they were accepted, in milliseconds since 1970.
    /// </summary>
    public Queue<(string Id, long At)> Seen { get; } = new();

    public SourceModel GetOrAddSource(string source)
    {
        if (!Sources.TryGetValue(source, out var counts))
            Sources.Add(source, counts = new());
        return counts;
    }

    /// <summary>Applies a change of the stage.</summary>
    /// <param name="change">The change.</param>
    /// <param name="zero">The moment from which the change's times count, in milliseconds since 1970.</param>
    /// <param name="live">Increased and decreased by the bytes of stored records.</param>
    public void Apply(Event change, long zero, ref long live)
    {
        switch (change)
        {
            case Event.Buffered b:
                AddBuffered(b, zero, ref live);
                break;
            case Event.Settled s:
                Settle(s, ref live);
                break;
            case Event.Expired e:
                GetOrAddSource(e.Source).Lose(LossReason.Expired, e.Sequences.Count);
                Remove(e.Sequences, ref live);
                break;
            case Event.Returned r:
                Return(r, zero);
                break;
            case Event.DeadLettered d:
                AddDeadLetter(d, zero, ref live);
                break;
            case Event.DeadLettersRemoved d:
                RemoveDead(d.Count, d.AreDiscarded, ref live);
                break;
            case Event.Parked p:
                Park(p, zero, ref live);
                break;
            case Event.Unparked u:
                Unpark(u, ref live);
                break;
            case Event.Refused r:
                SetLosses(GetOrAddSource(r.Source), r.Counts);
                break;
            case Event.Remembered r:
                Remember(r, zero + r.At, ref live);
                break;
            case Event.SourceRemoved l:
                if (Sources.Remove(l.Source, out var removed))
                    Retired.Add(removed);
                break;
            default:
                throw new InvalidOperationException(
                    $"Stage '{Stage}' in the journal does not know the change {change.GetType().Name}."
                );
        }
    }

    /// <summary>Returns the approximate bytes of a record in a snapshot.</summary>
    public static long EstimateSize(ConveyorRecord record)
    {
        long size = 24 + record.Id.Length + record.Payload.Length + (record.Key?.Length ?? 0);
        if (record.Headers.Count == 0)
            return size; // avoids an enumerator for nearly every record
        foreach (var (name, value) in record.Headers)
            size += 4 + name.Length + value.Length;
        return size;
    }

    public static long EstimateSize(DeadLetter<ConveyorRecord> letter) =>
        EstimateSize(letter.Record.Record) + letter.LastError.Length;

    void AddBuffered(Event.Buffered buffered, long zero, ref long live)
    {
        GetOrAddSource(buffered.Source);
        Add(Records, buffered.Source, buffered.FirstSequence, buffered.Records, zero + buffered.BufferedAt, ref live);
        LastSequence = Math.Max(LastSequence, buffered.FirstSequence + buffered.Records.Count - 1);
    }

    void Settle(Event.Settled buffered, ref long live)
    {
        var counts = GetOrAddSource(buffered.Source);
        if (buffered.Dropped)
            counts.Lose(LossReason.DroppedOldest, buffered.Sequences.Count);
        else
            counts.Completed += buffered.Sequences.Count;
        Remove(buffered.Sequences, ref live);
    }

    void Return(Event.Returned buffered, long zero)
    {
        var counts = GetOrAddSource(buffered.Source);
        counts.Retries += buffered.Sequences.Count;
        counts.SleepsUntil = zero + buffered.SleepsUntil;
        foreach (var sequence in buffered.Sequences)
            if (Records.TryGetValue(sequence, out var record))
                Records[sequence] = record with { Retries = record.Retries + 1 };
    }

    void Park(Event.Parked buffered, long zero, ref long live)
    {
        Depth = buffered.Depth;
        GetOrAddSource(buffered.Source);
        Add(Parked, buffered.Source, buffered.First, buffered.Records, zero + buffered.ParkedAt, ref live);
        LastParking = Math.Max(LastParking, buffered.First + buffered.Records.Count - 1);
    }

    void Unpark(Event.Unparked buffered, ref long live)
    {
        for (var number = buffered.First; number < buffered.First + buffered.Count; number++)
            if (Parked.Remove(number, out var record))
                live -= EstimateSize(record.Record);
    }

    static void SetLosses(SourceModel source, IReadOnlyList<(LossReason Reason, long Count)> counts)
    {
        foreach (var (reason, count) in counts)
            source.SetLost(reason, count);
    }

    static void Add(
        Dictionary<long, PendingRecord> to,
        string source,
        long first,
        IReadOnlyList<ConveyorRecord> records,
        long at,
        ref long live
    )
    {
        for (var i = 0; i < records.Count; i++)
        {
            to[first + i] = new(source, records[i], at, 0);
            live += EstimateSize(records[i]);
        }
    }

    void Remove(IReadOnlyList<long> sequences, ref long live)
    {
        for (var i = 0; i < sequences.Count; i++)
            if (Records.Remove(sequences[i], out var record))
                live -= EstimateSize(record.Record);
    }

    void AddDeadLetter(Event.DeadLettered buffered, long zero, ref long live)
    {
        var counts = GetOrAddSource(buffered.Source);
        counts.Lose(buffered.Reason, 1);
        if (buffered.Reason == LossReason.RetriesExhausted)
            counts.Retries++;
        if (Records.Remove(buffered.Sequence, out var record))
            live -= EstimateSize(record.Record);
        var letter = new DeadLetter<ConveyorRecord>(
            buffered.Letter,
            buffered.Reason,
            buffered.LastError,
            DateTimeOffset.FromUnixTimeMilliseconds(zero + buffered.At)
        );
        Dead.Enqueue(letter);
        live += EstimateSize(letter);
        // A result too large for any limit got its sequence when it was dead-lettered.
        LastSequence = Math.Max(LastSequence, buffered.Sequence);
        RemoveDead(Dead.Count - buffered.Kept, areDiscarded: true, ref live);
    }

    void RemoveDead(int count, bool areDiscarded, ref long live)
    {
        for (; count > 0 && Dead.TryDequeue(out var letter); count--)
        {
            live -= EstimateSize(letter);
            if (areDiscarded)
                Discarded++;
        }
    }

    void Remember(Event.Remembered buffered, long at, ref long live)
    {
        Seen.Enqueue((buffered.Id, at));
        live += buffered.Id.Length + 4;
        var oldest = at - (long)Math.Min(buffered.Window.Time.TotalMilliseconds, long.MaxValue / 2);
        if (buffered.Window.Time == Timeout.InfiniteTimeSpan)
            oldest = long.MinValue;
        while (Seen.TryPeek(out var first) && (first.At <= oldest || Seen.Count > buffered.Window.Count))
        {
            Seen.Dequeue();
            live -= first.Id.Length + 4;
        }
    }

    public SourceImage CreateImage(string source, SourceModel counts, int pending, long zero) =>
        new(source, counts.Totals, pending, counts.SleepsUntil == 0 ? 0 : counts.SleepsUntil - zero);
}
