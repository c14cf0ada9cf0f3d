using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Stores;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Model;

/// <summary>
/// The state of a pipeline in the journal: the sum of its events so far. The engine is ahead of this model by its
/// unwritten changes. Snapshots are made from this model, and an opening starts the engine with it.
/// </summary>
/// <remarks>
/// Safe for use by many threads: the actor that writes events changes the model, and the engine reads records of the
/// backlog from it.
/// </remarks>
sealed class PipelineModel(string pipeline)
{
    const int BytesOfAnOffer = 32;

    readonly Lock gate = new();
    readonly Dictionary<string, StageModel> stages = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> checkpoints = new(StringComparer.Ordinal);
    readonly Dictionary<string, SourcePosition> positions = new(StringComparer.Ordinal);
    readonly OfferWindow offers = new();
    long live;

    public string Pipeline { get; } = pipeline;

    /// <summary>Gets the claim in force; null before the first.</summary>
    public Claim? Claim { get; set; }

    /// <summary>Gets the number of the last unit that is written; numbers continue through all claims.</summary>
    public long LastUnit { get; set; }

    /// <summary>Gets the approximate size of a snapshot in bytes.</summary>
    public long LiveBytes => Interlocked.Read(ref live) + (long)BytesOfAnOffer * offers.Count;

    /// <summary>Applies one unit.</summary>
    /// <param name="unit">The changes that belong together.</param>
    /// <param name="zero">The moment from which the changes' times count, in milliseconds since 1970.</param>
    public void Apply(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit, long zero)
    {
        lock (gate)
        {
            // Dead letters that the same unit offers again. The source's position is past them already.
            var replayed = 0;
            foreach (var (stage, change) in unit)
            {
                switch (change)
                {
                    case Event.CheckpointSet n:
                        checkpoints[n.Checkpoint.Key] = n.Checkpoint.Value;
                        continue;
                    case Event.Positioned p:
                        positions[p.Source] = p.Position;
                        continue;
                    case Event.Offered o:
                        offers.Add(o.Offer with { At = zero + o.Offer.At }, o.FirstOpen);
                        continue;
                    case Event.DeadLettersRemoved { AreDiscarded: false } d:
                        replayed += d.Count;
                        break;
                    case Event.Buffered b when replayed > 0:
                        replayed -= b.Records.Count;
                        break;
                    case Event.Buffered { Records: [.., { Position: { } position }] } b:
                        positions[b.Source] = position;
                        break;
                }
                GetOrAddStage(stage).Apply(change, zero, ref live);
            }
            LastUnit++;
        }
    }

    /// <summary>Returns the state that the engine starts with, except for the waiting records.</summary>
    public PipelineImage<ConveyorRecord> ToImage(long zero)
    {
        lock (gate)
            return new(
                [.. stages.Values.Select(s => CreateImage(s, zero))],
                new Dictionary<string, string>(checkpoints, StringComparer.Ordinal),
                new Dictionary<string, SourcePosition>(positions, StringComparer.Ordinal)
            )
            {
                Offers = [.. offers.ToList().Select(o => o with { At = o.At - zero })],
                ForgottenOfferAt = offers.ForgottenAt - zero,
            };
    }

    /// <summary>Returns the sequences of the waiting records, in order, by stage and source.</summary>
    public Dictionary<(string Stage, string Source), long[]> GetBacklog()
    {
        lock (gate)
        {
            return stages
                .Values.SelectMany(s =>
                    s.Records.GroupBy(r => r.Value.Source)
                        .Select(g => (Key: (s.Stage, g.Key), Sequences: g.Select(r => r.Key).Order().ToArray()))
                )
                .ToDictionary(g => g.Key, g => g.Sequences);
        }
    }

    /// <summary>Returns a waiting record; null: it is no longer there.</summary>
    public StoredRecord<ConveyorRecord>? Find(string stage, long sequence, long zero)
    {
        lock (gate)
        {
            return stages.TryGetValue(stage, out var known) && known.Records.TryGetValue(sequence, out var record)
                ? CreateStoredRecord(sequence, record, zero)
                : null;
        }
    }

    /// <summary>Returns an immutable copy for a snapshot. Records are not copied, because they never change.</summary>
    public ModelCapture Capture()
    {
        lock (gate)
        {
            return new(
                Claim!,
                LastUnit,
                [.. checkpoints],
                [.. positions],
                [
                    .. stages.Values.Select(static s => new StageCapture(
                        s.Stage,
                        s.LastSequence,
                        s.LastParking,
                        s.Depth,
                        s.Discarded,
                        s.Retired.Copy(),
                        [.. s.Sources.Select(static l => new KeyValuePair<string, SourceModel>(l.Key, l.Value.Copy()))],
                        [.. s.Records],
                        [.. s.Parked],
                        [.. s.Dead],
                        [.. s.Seen]
                    )),
                ]
            )
            {
                Offers = offers.ToList(),
                ForgottenOfferAt = offers.ForgottenAt,
            };
        }
    }

    /// <summary>Loads a snapshot. Called once, on an empty model.</summary>
    public void Restore(ModelCapture capture)
    {
        lock (gate)
        {
            (Claim, LastUnit) = (capture.Claim, capture.LastUnit);
            foreach (var (key, value) in capture.Checkpoints)
                checkpoints[key] = value;
            foreach (var (source, position) in capture.Positions)
                positions[source] = position;
            offers.Restore(capture.Offers, capture.ForgottenOfferAt);
            foreach (var from in capture.Stages)
            {
                var stage = GetOrAddStage(from.Stage);
                (stage.LastSequence, stage.LastParking, stage.Depth, stage.Discarded, stage.Retired) = (
                    from.LastSequence,
                    from.LastParking,
                    from.Depth,
                    from.Discarded,
                    from.Retired
                );
                foreach (var (source, counts) in from.Sources)
                    stage.Sources[source] = counts;
                foreach (var (sequence, record) in from.Records)
                    Keep(stage.Records, sequence, record);
                foreach (var (number, record) in from.Parked)
                    Keep(stage.Parked, number, record);
                foreach (var letter in from.Dead)
                {
                    stage.Dead.Enqueue(letter);
                    live += StageModel.EstimateSize(letter);
                }
                foreach (var seen in from.Seen)
                {
                    stage.Seen.Enqueue(seen);
                    live += seen.Id.Length + 4;
                }
            }
        }

        void Keep(Dictionary<long, PendingRecord> records, long number, PendingRecord record)
        {
            records[number] = record;
            live += StageModel.EstimateSize(record.Record);
        }
    }

    StageModel GetOrAddStage(string stage)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(stages, stage, out _);
        return known ??= new(stage);
    }

    static StageImage<ConveyorRecord> CreateImage(StageModel stage, long zero)
    {
        var pending = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, record) in stage.Records)
            CollectionsMarshal.GetValueRefOrAddDefault(pending, record.Source, out _)++;
        return new(
            stage.Stage,
            stage.LastSequence,
            stage.LastParking,
            stage.Depth,
            [.. stage.Sources.Select(l => stage.CreateImage(l.Key, l.Value, pending.GetValueOrDefault(l.Key), zero))],
            stage.Retired.Totals,
            [.. stage.Dead],
            stage.Discarded,
            [.. stage.Parked.OrderBy(static p => p.Key).Select(p => CreateStoredRecord(p.Key, p.Value, zero))],
            [.. stage.Seen.Select(s => (s.Id, s.At - zero))]
        );
    }

    static StoredRecord<ConveyorRecord> CreateStoredRecord(long sequence, in PendingRecord record, long zero) =>
        new(record.Source, record.Record, sequence, record.At - zero, record.Retries, record.Record.GetSize());
}
