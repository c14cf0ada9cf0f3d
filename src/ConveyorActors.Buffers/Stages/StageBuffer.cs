using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Stages;

/// <summary>One stage's queue: a line for each source, leases, retries and dead letters.</summary>
/// <remarks>
/// Deterministic: it has no clock, no thread and no lock of its own. Time comes in as milliseconds that never go back; calls must be serialised.
/// It does not admit: whoever composes it takes room first and is told through its room keeper when room becomes free.
/// </remarks>
public sealed partial class StageBuffer<T>
{
    readonly Dictionary<string, SourceLine<T>> lines = new(StringComparer.Ordinal);
    readonly IStageRoom? room;
    readonly Func<long, DateTimeOffset> dateOf;
    readonly Action<StageEvent<T>>? changed;
    readonly Random random;
    StageSettings settings;
    SourceLine<T>? lastLine;
    long lastSequence;

    /// <summary>Makes an empty stage.</summary>
    /// <param name="pipelineId">The pipeline it belongs to.</param>
    /// <param name="stageId">Its name.</param>
    /// <param name="settings">How it handles records.</param>
    /// <param name="dateOf">Turns the milliseconds given to its methods into a date.</param>
    /// <param name="changed">Told of every change, in order, before the call that caused it returns; null: nobody listens, and no event is made.</param>
    /// <param name="seed">Seeds the jitter.</param>
    public StageBuffer(
        string pipelineId, string stageId, StageSettings settings, Func<long, DateTimeOffset> dateOf, Action<StageEvent<T>>? changed = null, int? seed = null)
        : this(pipelineId, stageId, settings, dateOf, changed, seed, null) { }

    internal StageBuffer(
        string pipelineId, string stageId, StageSettings settings, Func<long, DateTimeOffset> dateOf, Action<StageEvent<T>>? changed, int? seed, IStageRoom? room)
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
            if (wasStrict && value.LeaseOrder == LeaseOrder.Shared) LetAllTake();
        }
    }

    /// <summary>Records that wait.</summary>
    public int Buffered { get; private set; }

    /// <summary>Records that consumers hold.</summary>
    public int InFlight { get; private set; }

    /// <summary>Dead letters kept.</summary>
    public int DeadLetterCount => deadLetters.Count;

    internal IEnumerable<SourceLine<T>> Lines => lines.Values;

    /// <summary>The line that was used last; null: none, or it is gone.</summary>
    internal SourceLine<T>? LastLine => lastLine;

    internal DateTimeOffset DateOf(long ms) => dateOf(ms);

    internal SourceLine<T>? FindLine(string source)
    {
        if (lastLine is { } last && (ReferenceEquals(last.SourceId, source) || last.SourceId == source)) return last;
        if (lines.TryGetValue(source, out var line)) lastLine = line;
        return line;
    }

    internal SourceLine<T> LineOf(string source, long now)
    {
        if (FindLine(source) is { } known) return known;
        var line = new SourceLine<T>(StageId, source);
        line.StartAt(now);
        lines.Add(source, line);
        return lastLine = line;
    }

    internal void RemoveLine(SourceLine<T> line)
    {
        lines.Remove(line.SourceId);
        isolation.Forget(line);
        if (ReferenceEquals(lastLine, line)) lastLine = null;
        if (ReferenceEquals(current, line)) current = null;
    }

    /// <summary>Adds records of one source at the tail of its line.</summary>
    /// <param name="source">The source.</param>
    /// <param name="records">The records.</param>
    /// <param name="bytes">Their sizes, or empty: all 0.</param>
    /// <param name="now">The time.</param>
    public void Add(string source, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now) => Add(LineOf(source, now), records, bytes, now);

    internal void Add(SourceLine<T> line, ReadOnlySpan<T> records, ReadOnlySpan<int> bytes, long now)
    {
        line.BeforeChange(now);
        if (changed is not null && records.Length > 0)
            changed(new StageEvent<T>.Buffered(line.SourceId, lastSequence + 1, records.ToArray(), bytes.IsEmpty ? new int[records.Length] : bytes.ToArray(), now));
        line.Records.Add(records, bytes, lastSequence + 1, now);
        lastSequence += records.Length;
        long size = 0;
        foreach (var one in bytes) size += one;
        Added(line, records.Length, size, now);
    }

    /// <summary>The same for one record, without the detour over spans.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(SourceLine<T> line, T record, int bytes, long now)
    {
        line.BeforeChange(now);
        if (changed is not null) changed(new StageEvent<T>.Buffered(line.SourceId, lastSequence + 1, [record], [bytes], now));
        line.Records.Add(record, bytes, ++lastSequence, now);
        Added(line, 1, bytes, now);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Added(SourceLine<T> line, int records, long bytes, long now)
    {
        Buffered += records;
        line.PendingBytes += bytes;
        line.Counts.Accepted += records;
        if (Settings.TimeToLive is { } life) firstExpiry = Math.Min(firstExpiry, now + Durations.Milliseconds(life));
        if (!line.InRound) Rejoin(line);
    }

    /// <summary>The records that wait, source by source, each source's in order.</summary>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<BufferedRecord<T>> Peek(int max)
    {
        var peeked = new List<BufferedRecord<T>>();
        foreach (var line in lines.Values)
            foreach (var queued in line.Records.All().Take(max - peeked.Count)) peeked.Add(Shown(line, queued));
        return peeked;
    }

    /// <summary>Drops the oldest record that waits. Answers false when none does.</summary>
    public bool DropOldest(long now)
    {
        if (OldestLine is not { } oldest) return false;
        DropFirst(oldest, now);
        return true;
    }

    /// <summary>Drops records that wait, the oldest first, until the stage is small enough or nothing waits.</summary>
    internal void DropOldestUntil(Func<bool> isSmallEnough, long now)
    {
        if (isSmallEnough()) return;
        // A look at all queues for each record would take long where there are many of both.
        var next = new PriorityQueue<SourceLine<T>, long>();
        foreach (var line in lines.Values)
            if (line.Records.Count > 0) next.Enqueue(line, line.Records.FirstSequence);
        while (!isSmallEnough() && next.TryDequeue(out var oldest, out _))
        {
            DropFirst(oldest, now);
            if (oldest.Records.Count > 0) next.Enqueue(oldest, oldest.Records.FirstSequence);
        }
    }

    void DropFirst(SourceLine<T> line, long now)
    {
        line.BeforeChange(now);
        var slot = line.Records.PopFront();
        Buffered--;
        line.Counts.Losses.Add(LossReason.DroppedOldest, 1);
        if (changed is not null) changed(new StageEvent<T>.Settled(line.SourceId, [slot.Sequence], Dropped: true));
        Left(line, 1, slot.Bytes);
    }

    /// <summary>The line of the oldest record that waits.</summary>
    internal SourceLine<T>? OldestLine
    {
        get
        {
            SourceLine<T>? oldest = null;
            foreach (var line in lines.Values)
                if (line.Records.Count > 0 && (oldest is null || line.Records.FirstSequence < oldest.Records.FirstSequence)) oldest = line;
            return oldest;
        }
    }

    /// <summary>The records that wait, in the order in which they would be dropped.</summary>
    internal IEnumerable<(string Source, int Bytes)> OldestFirst()
    {
        var next = new PriorityQueue<(SourceLine<T> Line, IEnumerator<QueuedRecord<T>> Next), long>();
        foreach (var line in lines.Values)
            EnqueueNext(line, line.Records.All().GetEnumerator());
        while (next.TryDequeue(out var oldest, out _))
        {
            yield return (oldest.Line.SourceId, oldest.Next.Current.Bytes);
            EnqueueNext(oldest.Line, oldest.Next);
        }

        void EnqueueNext(SourceLine<T> line, IEnumerator<QueuedRecord<T>> rest)
        {
            if (rest.MoveNext()) next.Enqueue((line, rest), rest.Current.Sequence);
        }
    }

    BufferedRecord<T> Shown(SourceLine<T> line, in QueuedRecord<T> queued) =>
        new(queued.Record, line.SourceId, PipelineId, StageId, dateOf(queued.BufferedAt), queued.Retries, queued.Sequence);

    /// <summary>Records left the stage for good: they are already off their line's and the stage's counts.</summary>
    void Left(SourceLine<T> line, int records, long bytes)
    {
        line.PendingBytes -= bytes;
        room?.Release(line, records, bytes);
    }

    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(Buffered == lines.Values.Sum(l => l.Records.Count), "the stage's count of buffered records is its lines'");
        Debug.Assert(InFlight == lines.Values.Sum(l => l.InFlight), "the stage's count of records in flight is its lines'");
        Debug.Assert(InFlight == leases.Values.Sum(l => l.Open), "every record in flight is in an open lease");
        foreach (var line in lines.Values)
        {
            var before = 0L;
            foreach (var queued in line.Records.All())
            {
                Debug.Assert(before < queued.Sequence, "a line is in order of sequence");
                before = queued.Sequence;
            }
            Debug.Assert(line.Holder is not { HasMore: false } holder || !CanServe(line, holder) || line.InRound || ReferenceEquals(current, line), "what a holder could take is in the round or noted");
            Debug.Assert(!CanServe(line, null) || line.InRound || ReferenceEquals(current, line), "a line that can be served is in the round");
        }
    }
}
