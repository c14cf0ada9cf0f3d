using System.Diagnostics;
using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>One stage's queue: a queue for each source, leases, retries and dead letters.</summary>
/// <remarks>
/// Deterministic: it has no clock, no thread and no lock of its own. Time comes in as milliseconds that never go back;
/// calls must be serialised. It does not admit: its owner takes room first, and is told through IStageRoom when room
/// becomes free.
/// </remarks>
public sealed partial class StageBuffer<T>
{
    readonly Dictionary<string, SourceQueue<T>> queues = new(StringComparer.Ordinal);
    readonly IStageRoom? room;
    readonly Func<long, DateTimeOffset> dateOf;
    readonly Action<StageEvent<T>>? changed;
    readonly Random random;
    StageSettings settings;
    SourceQueue<T>? lastQueue;
    long lastSequence;

    /// <summary>Makes an empty stage.</summary>
    /// <param name="pipelineId">The pipeline it belongs to.</param>
    /// <param name="stageId">Its name.</param>
    /// <param name="settings">How it handles records.</param>
    /// <param name="dateOf">Turns the milliseconds given to its methods into a date.</param>
    /// <param name="changed">
    /// Told of every change, in order, before the call that caused it returns; null: nobody listens, and no event is
    /// made.
    /// </param>
    /// <param name="seed">Seeds the jitter.</param>
    public StageBuffer(
        string pipelineId,
        string stageId,
        StageSettings settings,
        Func<long, DateTimeOffset> dateOf,
        Action<StageEvent<T>>? changed = null,
        int? seed = null
    )
        : this(pipelineId, stageId, settings, dateOf, changed, seed, null) { }

    internal StageBuffer(
        string pipelineId,
        string stageId,
        StageSettings settings,
        Func<long, DateTimeOffset> dateOf,
        Action<StageEvent<T>>? changed,
        int? seed,
        IStageRoom? room
    )
    {
        PipelineId = pipelineId;
        StageId = stageId;
        this.settings = settings;
        this.dateOf = dateOf;
        this.changed = changed;
        this.room = room;
        random = seed is { } given ? new Random(given) : Random.Shared;
    }

    /// <summary>The pipeline it belongs to.</summary>
    public string PipelineId { get; }

    /// <summary>Its name.</summary>
    public string StageId { get; }

    /// <summary>How it handles records; may be changed between two calls.</summary>
    public StageSettings Settings
    {
        get => settings;
        set
        {
            var wasStrict = settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
            settings = value;
            FindFirstExpiry();
            if (wasStrict && value.LeaseOrder == LeaseOrder.Shared)
                LetAllTake();
        }
    }

    /// <summary>Records that wait.</summary>
    public int Buffered { get; private set; }

    /// <summary>Records that consumers hold.</summary>
    public int InFlight { get; private set; }

    /// <summary>Dead letters kept.</summary>
    public int DeadLetterCount => deadLetters.Count;

    internal IEnumerable<SourceQueue<T>> Queues => queues.Values;

    /// <summary>The queue that was used last; null: none, or it is gone.</summary>
    internal SourceQueue<T>? LastQueue => lastQueue;

    internal DateTimeOffset DateOf(long ms) => dateOf(ms);

    internal SourceQueue<T>? FindQueue(string source)
    {
        if (lastQueue is { } last && (ReferenceEquals(last.SourceId, source) || last.SourceId == source))
            return last;
        if (queues.TryGetValue(source, out var queue))
            lastQueue = queue;
        return queue;
    }

    internal SourceQueue<T> QueueOf(string source, long now)
    {
        if (FindQueue(source) is { } known)
            return known;
        var queue = new SourceQueue<T>(StageId, source);
        queue.StartAt(now);
        queues.Add(source, queue);
        return lastQueue = queue;
    }

    internal void RemoveQueue(SourceQueue<T> queue)
    {
        queues.Remove(queue.SourceId);
        isolation.Forget(queue);
        if (ReferenceEquals(lastQueue, queue))
            lastQueue = null;
        if (ReferenceEquals(current, queue))
            current = null;
    }

    /// <summary>Adds records of one source at the tail of its queue.</summary>
    /// <param name="source">The source.</param>
    /// <param name="records">The records.</param>
    /// <param name="bytes">Their sizes, or empty: all 0.</param>
    /// <param name="now">The time.</param>
    public void Add(string source, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now) =>
        Add(QueueOf(source, now), records, bytes, now);

    internal void Add(SourceQueue<T> queue, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now)
    {
        queue.BeforeChange(now);
        if (changed is not null && records.Length > 0)
            changed(
                new StageEvent<T>.Buffered(
                    queue.SourceId,
                    lastSequence + 1,
                    records.ToArray(),
                    bytes.IsEmpty ? new int[records.Length] : bytes.ToArray(),
                    now
                )
            );
        long size = 0;
        foreach (var one in bytes)
            size += one;
        if (changed is null || !TrySpill(queue, records.Length, size))
            queue.Records.Add(records, bytes, lastSequence + 1, now);
        lastSequence += records.Length;
        Added(queue, records.Length, size, now);
    }

    /// <summary>The same for one record, without the detour over spans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(SourceQueue<T> queue, T record, int bytes, long now)
    {
        queue.BeforeChange(now);
        if (changed is not null)
            changed(new StageEvent<T>.Buffered(queue.SourceId, lastSequence + 1, [record], [bytes], now));
        if (changed is null || !TrySpill(queue, 1, bytes))
            queue.Records.Add(record, bytes, lastSequence + 1, now);
        lastSequence++;
        Added(queue, 1, bytes, now);
    }

    /// <summary>
    /// Keeps records that come in only in the store when as many are in memory as may be. A queue has a record in
    /// memory all the same.
    /// </summary>
    bool TrySpill(SourceQueue<T> queue, int records, long bytes)
    {
        if (room is null || queue.Spilled == 0 && (!room.IsMemoryFull || queue.Records.Count + queue.InFlight == 0))
            return false;
        if (queue.Spilled == 0)
            queue.ReadUpTo = lastSequence;
        queue.Spilled += records;
        queue.SpilledBytes += bytes;
        room.Spilled(records, bytes);
        return true;
    }

    /// <summary>Puts a record that was only in the store at the tail of those in memory.</summary>
    internal void Unspill(SourceQueue<T> queue, in StoredRecord<T> stored)
    {
        queue.Records.Add(stored.Record, stored.Bytes, stored.Sequence, stored.BufferedAt, stored.Retries);
        queue.Spilled--;
        queue.SpilledBytes -= stored.Bytes;
        queue.ReadUpTo = stored.Sequence;
        if (Settings.TimeToLive is { } life)
            firstExpiry = Math.Min(firstExpiry, stored.BufferedAt + Durations.Milliseconds(life));
        if (!queue.InRound)
            Rejoin(queue);
    }

    /// <summary>Records that were only in the store are damaged there.</summary>
    internal void LoseSpilled(SourceQueue<T> queue, int records, long bytes, long now)
    {
        queue.BeforeChange(now);
        queue.Spilled -= records;
        queue.SpilledBytes -= bytes;
        Buffered -= records;
        queue.Counts.Losses.Add(LossReason.Damaged, records);
        Left(queue, records, bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Added(SourceQueue<T> queue, int records, long bytes, long now)
    {
        Buffered += records;
        queue.PendingBytes += bytes;
        queue.Counts.Accepted += records;
        if (Settings.TimeToLive is { } life)
            firstExpiry = Math.Min(firstExpiry, now + Durations.Milliseconds(life));
        if (!queue.InRound)
            Rejoin(queue);
    }

    /// <summary>The records that wait, source by source, each source's in order.</summary>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<BufferedRecord<T>> Peek(int max)
    {
        var peeked = new List<BufferedRecord<T>>();
        foreach (var queue in queues.Values)
        foreach (var queued in queue.Records.All().Take(max - peeked.Count))
            peeked.Add(Shown(queue, queued));
        return peeked;
    }

    /// <summary>Drops the oldest record that waits. Returns false when none does.</summary>
    public bool DropOldest(long now)
    {
        if (OldestQueue is not { } oldest)
            return false;
        DropFirst(oldest, now);
        return true;
    }

    /// <summary>Drops records that wait, the oldest first, until the stage is small enough or nothing waits.</summary>
    internal void DropOldestUntil(Func<bool> isSmallEnough, long now)
    {
        if (isSmallEnough())
            return;
        // A look at all queues for each record would take long where there are many of both.
        var next = new PriorityQueue<SourceQueue<T>, long>();
        foreach (var queue in queues.Values)
            if (queue.Records.Count > 0)
                next.Enqueue(queue, queue.Records.FirstSequence);
        while (!isSmallEnough() && next.TryDequeue(out var oldest, out _))
        {
            DropFirst(oldest, now);
            if (oldest.Records.Count > 0)
                next.Enqueue(oldest, oldest.Records.FirstSequence);
        }
    }

    void DropFirst(SourceQueue<T> queue, long now)
    {
        queue.BeforeChange(now);
        var slot = queue.Records.PopFront();
        Buffered--;
        queue.Counts.Losses.Add(LossReason.DroppedOldest, 1);
        if (changed is not null)
            changed(new StageEvent<T>.Settled(queue.SourceId, [slot.Sequence], Dropped: true));
        Left(queue, 1, slot.Bytes);
    }

    /// <summary>The queue of the oldest record that waits.</summary>
    internal SourceQueue<T>? OldestQueue
    {
        get
        {
            SourceQueue<T>? oldest = null;
            foreach (var queue in queues.Values)
                if (
                    queue.Records.Count > 0
                    && (oldest is null || queue.Records.FirstSequence < oldest.Records.FirstSequence)
                )
                    oldest = queue;
            return oldest;
        }
    }

    /// <summary>The records that wait, in the order in which they would be dropped.</summary>
    internal IEnumerable<(string Source, int Bytes)> OldestFirst()
    {
        var next = new PriorityQueue<(SourceQueue<T> Queue, IEnumerator<QueuedRecord<T>> Next), long>();
        foreach (var queue in queues.Values)
            EnqueueNext(queue, queue.Records.All().GetEnumerator());
        while (next.TryDequeue(out var oldest, out _))
        {
            yield return (oldest.Queue.SourceId, oldest.Next.Current.Bytes);
            EnqueueNext(oldest.Queue, oldest.Next);
        }

        void EnqueueNext(SourceQueue<T> queue, IEnumerator<QueuedRecord<T>> rest)
        {
            if (rest.MoveNext())
                next.Enqueue((queue, rest), rest.Current.Sequence);
        }
    }

    BufferedRecord<T> Shown(SourceQueue<T> queue, in QueuedRecord<T> queued) =>
        new(
            queued.Record,
            queue.SourceId,
            PipelineId,
            StageId,
            dateOf(queued.BufferedAt),
            queued.Retries,
            queued.Sequence
        );

    /// <summary>Records left the stage for good: they are already off their queue's and the stage's counts.</summary>
    void Left(SourceQueue<T> queue, int records, long bytes)
    {
        queue.PendingBytes -= bytes;
        room?.Release(queue, records, bytes);
    }

    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(
            Buffered == queues.Values.Sum(l => l.Buffered),
            "the stage's count of buffered records is its queues'"
        );
        Debug.Assert(
            InFlight == queues.Values.Sum(l => l.InFlight),
            "the stage's count of records in flight is its queues'"
        );
        Debug.Assert(InFlight == leases.Values.Sum(l => l.Open), "every record in flight is in an open lease");
        foreach (var queue in queues.Values)
        {
            var before = 0L;
            foreach (var queued in queue.Records.All())
            {
                Debug.Assert(before < queued.Sequence, "a queue is in order of sequence");
                before = queued.Sequence;
            }
            Debug.Assert(
                queue.Holder is not { HasMore: false } holder
                    || !CanServe(queue, holder)
                    || queue.InRound
                    || ReferenceEquals(current, queue),
                "what a holder could take is in the round or noted"
            );
            Debug.Assert(
                !CanServe(queue, null) || queue.InRound || ReferenceEquals(current, queue),
                "a queue that can be served is in the round"
            );
        }
    }
}
