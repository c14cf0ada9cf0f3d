using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Storage.Writing;

/// <summary>
/// Applies the events of managers to the model, and collects the rows to write for them. Records that came and went
/// between two transactions are never written. If a transaction fails, the collected rows are kept, and the next
/// transaction writes them.
/// </summary>
/// <remarks>For the writer's thread only, under the model's lock.</remarks>
sealed class Changes(StoreModel model)
{
    public List<Queue> NewQueues { get; } = [];
    public List<Line> NewLines { get; } = [];
    public List<Line> RemovedLines { get; } = [];
    public List<NewGroup> NewGroups { get; } = [];
    public HashSet<Group> TouchedGroups { get; } = [];
    public HashSet<CountsBlock> TouchedBlocks { get; } = [];
    public HashSet<NoteRow> TouchedNotes { get; } = [];
    public List<(Queue Queue, DeadRow Row)> NewDead { get; } = [];
    public List<DeadRow> RemovedDead { get; } = [];
    public List<(Queue Queue, SeenRow Row)> NewSeen { get; } = [];
    public List<SeenRow> RemovedSeen { get; } = [];

    /// <summary>Lists for reuse: they are large, and each transaction needs some.</summary>
    readonly Stack<List<NewRecord>> spare = [];

    Queue? lastQueue;
    int replayed; // dead letters removed by the current unit, which are about to be buffered again
    readonly Dictionary<Queue, NewGroup> open = [];
    readonly Dictionary<Queue, (List<(string, long)> Ids, DuplicateWindow Window)> remembered = [];

    public bool IsEmpty =>
        NewQueues.Count
            + NewLines.Count
            + RemovedLines.Count
            + NewGroups.Count
            + TouchedGroups.Count
            + TouchedBlocks.Count
            + TouchedNotes.Count
            + NewDead.Count
            + RemovedDead.Count
            + NewSeen.Count
            + RemovedSeen.Count
            + remembered.Count
        == 0;

    public void Clear()
    {
        NewQueues.Clear();
        NewLines.Clear();
        RemovedLines.Clear();
        foreach (var group in NewGroups)
            Spare(group.Records);
        NewGroups.Clear();
        TouchedGroups.Clear();
        TouchedBlocks.Clear();
        TouchedNotes.Clear();
        NewDead.Clear();
        RemovedDead.Clear();
        NewSeen.Clear();
        RemovedSeen.Clear();
        open.Clear();
    }

    /// <param name="pipeline">The pipeline that the event belongs to.</param>
    /// <param name="zero">The moment from which the manager's milliseconds count, in milliseconds since 1970.</param>
    /// <param name="stage">The stage; empty for a checkpoint.</param>
    /// <param name="told">The event.</param>
    public void Apply(string pipeline, long zero, string stage, Event told)
    {
        switch (told)
        {
            case Event.Buffered b:
                Buffer(pipeline, zero, stage, b);
                break;
            case Event.Settled s:
                Settle(LineOf(pipeline, stage, s.Source), s);
                break;
            case Event.Expired e:
                Expire(LineOf(pipeline, stage, e.Source), e.Sequences);
                break;
            case Event.Returned r:
                Return(LineOf(pipeline, stage, r.Source), r.Sequences, zero + r.SleepsUntil);
                break;
            case Event.DeadLettered d:
                AddDeadLetter(LineOf(pipeline, stage, d.Source), d, zero);
                break;
            case Event.DeadLettersRemoved d:
                RemoveDead(QueueOf(pipeline, stage, QueueKind.Stage), d.Count, d.AreDiscarded);
                if (!d.AreDiscarded)
                    replayed += d.Count;
                break;
            case Event.Parked p:
                Park(QueueOf(pipeline, stage, QueueKind.Parked), LineOf(pipeline, stage, p.Source), p, zero);
                break;
            case Event.Unparked u:
                Unpark(QueueOf(pipeline, stage, QueueKind.Parked), u.First, u.Count);
                break;
            case Event.Refused r:
                SetLosses(LineOf(pipeline, stage, r.Source), r.Counts);
                break;
            case Event.Remembered r:
                Remember(QueueOf(pipeline, stage, QueueKind.Stage), r, zero);
                break;
            case Event.Offered:
                break; // a data directory belongs to one process, so ids of offers are not stored
            case Event.CheckpointSet n:
                SetCheckpoint(pipeline, n.Checkpoint.Key, n.Checkpoint.Value);
                break;
            case Event.Positioned read:
                SetPosition(pipeline, read.Source, read.Position);
                break;
            case Event.SourceRemoved l:
                RemoveLine(LineOf(pipeline, stage, l.Source));
                break;
            default:
                throw new InvalidOperationException($"The store does not know the event {told.GetType().Name}.");
        }
    }

    /// <summary>
    /// Creates the rows of the collected changes. Called once all events of a transaction are applied.
    /// </summary>
    public void Complete()
    {
        foreach (var (queue, (ids, window)) in remembered)
        {
            var row = new SeenRow(++model.LastSeenId, ids[^1].Item2, ids);
            NewSeen.Add((queue, row));
            queue.Seen.Enqueue(row);
            queue.SeenCount += ids.Count;
            var oldest = row.At - (long)window.Time.TotalMilliseconds;
            while (
                queue.Seen.TryPeek(out var first)
                && (first.At <= oldest || queue.SeenCount - first.Ids.Count >= window.Count)
            )
            {
                queue.Seen.Dequeue();
                queue.SeenCount -= first.Ids.Count;
                RemovedSeen.Add(first);
            }
        }
        remembered.Clear();
        open.Clear();
    }

    void Buffer(string pipeline, long zero, string stage, Event.Buffered told)
    {
        var queue = QueueOf(pipeline, stage, QueueKind.Stage);
        Add(queue, LineOf(queue, told.Source), told.FirstSequence, told.Records, zero + told.BufferedAt);
        // Replayed dead letters were read long ago, so they do not change the source's position.
        if (replayed > 0)
            replayed -= told.Records.Count;
        else
            Position(pipeline, told.Source, told.Records);
    }

    void Settle(Line line, Event.Settled told)
    {
        if (told.Dropped)
            line.Losses[LossCodes.Of(LossReason.DroppedOldest)] += told.Sequences.Count;
        else
            line.Completed += told.Sequences.Count;
        Touch(line);
        Remove(line.Queue, told.Sequences);
    }

    void Expire(Line line, IReadOnlyList<long> sequences)
    {
        line.Losses[LossCodes.Of(LossReason.Expired)] += sequences.Count;
        Touch(line);
        Remove(line.Queue, sequences);
    }

    void Return(Line line, IReadOnlyList<long> sequences, long sleepsUntil)
    {
        line.Retries += sequences.Count;
        line.SleepsUntil = sleepsUntil;
        Touch(line);
        foreach (var sequence in sequences)
            Retry(line.Queue, sequence);
    }

    void Park(Queue parking, Line line, Event.Parked told, long zero)
    {
        parking.Own.Depth = told.Depth;
        Add(parking, line, told.First, told.Records, zero + told.ParkedAt);
    }

    void Unpark(Queue parking, long first, int count)
    {
        for (var i = 0; i < count; i++)
            Remove(parking, first + i);
    }

    void SetLosses(Line line, IReadOnlyList<(LossReason Reason, long Count)> counts)
    {
        foreach (var (reason, count) in counts)
            line.Losses[LossCodes.Of(reason)] = count;
        Touch(line);
    }

    void Remember(Queue queue, Event.Remembered told, long zero)
    {
        if (!remembered.TryGetValue(queue, out var ids))
            remembered[queue] = ids = ([], told.Window);
        ids.Ids.Add((told.Id, zero + told.At));
    }

    /// <summary>Removes a source's line. Its counts are added to those of the queue.</summary>
    void RemoveLine(Line line)
    {
        line.Queue.Own.Add(line);
        Touch(line.Queue.Own);
        Touch(line);
        model.Remove(line);
        if (!NewLines.Remove(line))
            RemovedLines.Add(line);
    }

    void Add(Queue queue, Line line, long first, IReadOnlyList<ConveyorRecord> records, long at)
    {
        if (!open.TryGetValue(queue, out var group) || group.Last + 1 != first)
        {
            group = new(queue, first, spare.TryPop(out var list) ? list : []);
            open[queue] = group;
            NewGroups.Add(group);
        }
        for (var i = 0; i < records.Count; i++)
            group.Records.Add(new(records[i], line.Id, at, 0, false));
        queue.Own.Last = Math.Max(queue.Own.Last, first + records.Count - 1);
        Touch(queue.Own);
    }

    void Spare(List<NewRecord> list)
    {
        const int most = 8,
            largest = 1 << 16;
        list.Clear();
        if (spare.Count < most && list.Capacity <= largest)
            spare.Push(list);
    }

    void Remove(Queue queue, IReadOnlyList<long> sequences)
    {
        for (var i = 0; i < sequences.Count; i++)
            Remove(queue, sequences[i]);
    }

    void Remove(Queue queue, long sequence)
    {
        if (FindNew(queue, sequence) is { } group)
        {
            System
                .Runtime.InteropServices.CollectionsMarshal.AsSpan(group.Records)[(int)(sequence - group.First)]
                .IsGone = true;
            return;
        }
        if (queue.Find(sequence) is not { } written || !written.Remove((int)(sequence - written.First)))
            return;
        TouchedGroups.Add(written);
        if (written.Live == 0)
            queue.Remove(written);
    }

    void Retry(Queue queue, long sequence)
    {
        if (FindNew(queue, sequence) is { } group)
        {
            System
                .Runtime.InteropServices.CollectionsMarshal.AsSpan(group.Records)[(int)(sequence - group.First)]
                .Retries++;
            return;
        }
        if (queue.Find(sequence) is not { } written)
            return;
        written.Retry((int)(sequence - written.First));
        TouchedGroups.Add(written);
    }

    NewGroup? FindNew(Queue queue, long sequence)
    {
        if (open.TryGetValue(queue, out var group) && sequence >= group.First)
            return sequence <= group.Last ? group : null;
        // Rare: groups of a transaction that failed, or before a gap in the sequences.
        foreach (var earlier in NewGroups)
            if (ReferenceEquals(earlier.Queue, queue) && sequence >= earlier.First && sequence <= earlier.Last)
                return earlier;
        return null;
    }

    void AddDeadLetter(Line line, Event.DeadLettered told, long zero)
    {
        line.Losses[LossCodes.Of(told.Reason)]++;
        if (told.Reason == LossReason.RetriesExhausted)
            line.Retries++;
        Touch(line);
        Remove(line.Queue, told.Sequence);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(zero + told.At);
        var row = new DeadRow(++model.LastDeadId, new(told.Letter, told.Reason, told.LastError, at));
        line.Queue.Dead.Enqueue(row);
        NewDead.Add((line.Queue, row));
        RemoveDead(line.Queue, line.Queue.Dead.Count - told.Kept, areDiscarded: true);
    }

    void RemoveDead(Queue queue, int count, bool areDiscarded)
    {
        for (; count > 0 && queue.Dead.TryDequeue(out var row); count--)
        {
            var came = NewDead.FindIndex(n => ReferenceEquals(n.Row, row));
            if (came >= 0)
                NewDead.RemoveAt(came);
            else
                RemovedDead.Add(row);
            if (!areDiscarded)
                continue;
            queue.Own.Discarded++;
            Touch(queue.Own);
        }
    }

    void Position(string pipeline, string source, IReadOnlyList<ConveyorRecord> records)
    {
        if (records.Count > 0 && records[^1].Position is { } position)
            SetPosition(pipeline, source, position);
    }

    void SetPosition(string pipeline, string source, SourcePosition position) =>
        SetCheckpoint(
            pipeline,
            Positions.KeyPrefix + source,
            FormattableString.Invariant($"{position.Offset} {position.Number}")
        );

    void SetCheckpoint(string pipeline, string key, string value)
    {
        if (model.FindNote(pipeline, key) is not { } note)
            model.Add(note = new(model.LastNoteId + 1, pipeline, key));
        note.Value = value;
        TouchedNotes.Add(note);
    }

    Queue QueueOf(string pipeline, string stage, QueueKind kind)
    {
        if (
            kind == QueueKind.Stage
            && lastQueue is { } last
            && ReferenceEquals(last.Stage, stage)
            && last.Pipeline == pipeline
        )
            return last;
        if (model.FindQueue(pipeline, stage, kind) is { } known)
        {
            if (kind == QueueKind.Stage)
                lastQueue = known;
            return known;
        }
        var queue = new Queue(model.LastQueueId + 1, pipeline, stage, kind);
        model.Add(queue);
        NewQueues.Add(queue);
        AddLine(queue, null);
        return queue;
    }

    Line LineOf(string pipeline, string stage, string source) =>
        LineOf(QueueOf(pipeline, stage, QueueKind.Stage), source);

    Line LineOf(Queue queue, string source) =>
        queue.Lines.TryGetValue(source, out var known) ? known : AddLine(queue, source);

    Line AddLine(Queue queue, string? source)
    {
        var line = new Line(model.LastLineId + 1, queue, source);
        model.Add(line);
        NewLines.Add(line);
        Touch(line);
        return line;
    }

    void Touch(Line line) => TouchedBlocks.Add(model.BlockOf(line.Id));
}
