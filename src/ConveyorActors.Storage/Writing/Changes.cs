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
    public List<SourceQueueRow> NewSourceQueues { get; } = [];
    public List<SourceQueueRow> RemovedSourceQueues { get; } = [];
    public List<NewGroup> NewGroups { get; } = [];
    public HashSet<Group> TouchedGroups { get; } = [];
    public HashSet<CountsBlock> TouchedBlocks { get; } = [];
    public HashSet<CheckpointRow> TouchedCheckpoints { get; } = [];
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
            + NewSourceQueues.Count
            + RemovedSourceQueues.Count
            + NewGroups.Count
            + TouchedGroups.Count
            + TouchedBlocks.Count
            + TouchedCheckpoints.Count
            + NewDead.Count
            + RemovedDead.Count
            + NewSeen.Count
            + RemovedSeen.Count
            + remembered.Count
        == 0;

    public void Clear()
    {
        NewQueues.Clear();
        NewSourceQueues.Clear();
        RemovedSourceQueues.Clear();
        foreach (var group in NewGroups)
            KeepForReuse(group.Records);
        NewGroups.Clear();
        TouchedGroups.Clear();
        TouchedBlocks.Clear();
        TouchedCheckpoints.Clear();
        NewDead.Clear();
        RemovedDead.Clear();
        NewSeen.Clear();
        RemovedSeen.Clear();
        open.Clear();
    }

    /// <param name="pipeline">The pipeline that the event belongs to.</param>
    /// <param name="zero">The moment from which the manager's milliseconds count, in milliseconds since 1970.</param>
    /// <param name="stage">The stage; empty for a checkpoint.</param>
    /// <param name="stageEvent">The event.</param>
    public void Apply(string pipeline, long zero, string stage, Event stageEvent)
    {
        switch (stageEvent)
        {
            case Event.Buffered b:
                AddBuffered(pipeline, zero, stage, b);
                break;
            case Event.Settled s:
                Settle(GetOrAddSourceQueue(pipeline, stage, s.Source), s);
                break;
            case Event.Expired e:
                Expire(GetOrAddSourceQueue(pipeline, stage, e.Source), e.Sequences);
                break;
            case Event.Returned r:
                Return(GetOrAddSourceQueue(pipeline, stage, r.Source), r.Sequences, zero + r.SleepsUntil);
                break;
            case Event.DeadLettered d:
                AddDeadLetter(GetOrAddSourceQueue(pipeline, stage, d.Source), d, zero);
                break;
            case Event.DeadLettersRemoved d:
                RemoveDead(GetOrAddQueue(pipeline, stage, QueueKind.Stage), d.Count, d.AreDiscarded);
                if (!d.AreDiscarded)
                    replayed += d.Count;
                break;
            case Event.Parked p:
                Park(
                    GetOrAddQueue(pipeline, stage, QueueKind.Parked),
                    GetOrAddSourceQueue(pipeline, stage, p.Source),
                    p,
                    zero
                );
                break;
            case Event.Unparked u:
                Unpark(GetOrAddQueue(pipeline, stage, QueueKind.Parked), u.First, u.Count);
                break;
            case Event.Refused r:
                SetLosses(GetOrAddSourceQueue(pipeline, stage, r.Source), r.Counts);
                break;
            case Event.Remembered r:
                Remember(GetOrAddQueue(pipeline, stage, QueueKind.Stage), r, zero);
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
                RemoveSourceQueue(GetOrAddSourceQueue(pipeline, stage, l.Source));
                break;
            default:
                throw new InvalidOperationException($"The store does not know the event {stageEvent.GetType().Name}.");
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

    void AddBuffered(string pipeline, long zero, string stage, Event.Buffered stageEvent)
    {
        var queue = GetOrAddQueue(pipeline, stage, QueueKind.Stage);
        Add(
            queue,
            GetOrAddSourceQueue(queue, stageEvent.Source),
            stageEvent.FirstSequence,
            stageEvent.Records,
            zero + stageEvent.BufferedAt
        );
        // Replayed dead letters were read long ago, so they do not change the source's position.
        if (replayed > 0)
            replayed -= stageEvent.Records.Count;
        else
            UpdatePosition(pipeline, stageEvent.Source, stageEvent.Records);
    }

    void Settle(SourceQueueRow sourceQueue, Event.Settled stageEvent)
    {
        if (stageEvent.Dropped)
            sourceQueue.Losses[LossCodes.GetCode(LossReason.DroppedOldest)] += stageEvent.Sequences.Count;
        else
            sourceQueue.Completed += stageEvent.Sequences.Count;
        Touch(sourceQueue);
        Remove(sourceQueue.Queue, stageEvent.Sequences);
    }

    void Expire(SourceQueueRow sourceQueue, IReadOnlyList<long> sequences)
    {
        sourceQueue.Losses[LossCodes.GetCode(LossReason.Expired)] += sequences.Count;
        Touch(sourceQueue);
        Remove(sourceQueue.Queue, sequences);
    }

    void Return(SourceQueueRow sourceQueue, IReadOnlyList<long> sequences, long sleepsUntil)
    {
        sourceQueue.Retries += sequences.Count;
        sourceQueue.SleepsUntil = sleepsUntil;
        Touch(sourceQueue);
        foreach (var sequence in sequences)
            Retry(sourceQueue.Queue, sequence);
    }

    void Park(Queue parking, SourceQueueRow sourceQueue, Event.Parked stageEvent, long zero)
    {
        parking.Own.Depth = stageEvent.Depth;
        Add(parking, sourceQueue, stageEvent.First, stageEvent.Records, zero + stageEvent.ParkedAt);
    }

    void Unpark(Queue parking, long first, int count)
    {
        for (var i = 0; i < count; i++)
            Remove(parking, first + i);
    }

    void SetLosses(SourceQueueRow sourceQueue, IReadOnlyList<(LossReason Reason, long Count)> counts)
    {
        foreach (var (reason, count) in counts)
            sourceQueue.Losses[LossCodes.GetCode(reason)] = count;
        Touch(sourceQueue);
    }

    void Remember(Queue queue, Event.Remembered stageEvent, long zero)
    {
        if (!remembered.TryGetValue(queue, out var ids))
            remembered[queue] = ids = ([], stageEvent.Window);
        ids.Ids.Add((stageEvent.Id, zero + stageEvent.At));
    }

    /// <summary>Removes a source's line. Its counts are added to those of the queue.</summary>
    void RemoveSourceQueue(SourceQueueRow sourceQueue)
    {
        sourceQueue.Queue.Own.Add(sourceQueue);
        Touch(sourceQueue.Queue.Own);
        Touch(sourceQueue);
        model.Remove(sourceQueue);
        if (!NewSourceQueues.Remove(sourceQueue))
            RemovedSourceQueues.Add(sourceQueue);
    }

    void Add(Queue queue, SourceQueueRow sourceQueue, long first, IReadOnlyList<ConveyorRecord> records, long at)
    {
        if (!open.TryGetValue(queue, out var group) || group.Last + 1 != first)
        {
            group = new(queue, first, spare.TryPop(out var list) ? list : []);
            open[queue] = group;
            NewGroups.Add(group);
        }
        for (var i = 0; i < records.Count; i++)
            group.Records.Add(new(records[i], sourceQueue.Id, at, 0, false));
        queue.Own.Last = Math.Max(queue.Own.Last, first + records.Count - 1);
        Touch(queue.Own);
    }

    void KeepForReuse(List<NewRecord> list)
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
                .IsRemoved = true;
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

    void AddDeadLetter(SourceQueueRow sourceQueue, Event.DeadLettered stageEvent, long zero)
    {
        sourceQueue.Losses[LossCodes.GetCode(stageEvent.Reason)]++;
        if (stageEvent.Reason == LossReason.RetriesExhausted)
            sourceQueue.Retries++;
        Touch(sourceQueue);
        Remove(sourceQueue.Queue, stageEvent.Sequence);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(zero + stageEvent.At);
        var row = new DeadRow(++model.LastDeadId, new(stageEvent.Letter, stageEvent.Reason, stageEvent.LastError, at));
        sourceQueue.Queue.Dead.Enqueue(row);
        NewDead.Add((sourceQueue.Queue, row));
        RemoveDead(sourceQueue.Queue, sourceQueue.Queue.Dead.Count - stageEvent.Kept, areDiscarded: true);
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

    void UpdatePosition(string pipeline, string source, IReadOnlyList<ConveyorRecord> records)
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
        if (model.FindCheckpoint(pipeline, key) is not { } checkpoint)
            model.Add(checkpoint = new(model.LastCheckpointId + 1, pipeline, key));
        checkpoint.Value = value;
        TouchedCheckpoints.Add(checkpoint);
    }

    Queue GetOrAddQueue(string pipeline, string stage, QueueKind kind)
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
        AddSourceQueue(queue, null);
        return queue;
    }

    SourceQueueRow GetOrAddSourceQueue(string pipeline, string stage, string source) =>
        GetOrAddSourceQueue(GetOrAddQueue(pipeline, stage, QueueKind.Stage), source);

    SourceQueueRow GetOrAddSourceQueue(Queue queue, string source) =>
        queue.SourceQueues.TryGetValue(source, out var known) ? known : AddSourceQueue(queue, source);

    SourceQueueRow AddSourceQueue(Queue queue, string? source)
    {
        var sourceQueue = new SourceQueueRow(model.LastSourceQueueId + 1, queue, source);
        model.Add(sourceQueue);
        NewSourceQueues.Add(sourceQueue);
        Touch(sourceQueue);
        return sourceQueue;
    }

    void Touch(SourceQueueRow sourceQueue) => TouchedBlocks.Add(model.GetOrAddBlock(sourceQueue.Id));
}
