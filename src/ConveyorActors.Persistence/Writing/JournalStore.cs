using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// The store of one pipeline's engine, for as long as this incarnation may write: what the engine tells gathers here until the journal has it.
/// </summary>
/// <remarks>Safe for use by many threads. It outlives the actors that write for it: when one fails, its successor goes on with what is not written.</remarks>
sealed class JournalStore(string pipeline, long maxUnwrittenBytes, TimeProvider clock) : IBufferStore<ConveyorRecord>
{
    /// <summary>A unit costs memory even where it has hardly any bytes.</summary>
    const int BytesOfAnEntry = 64;

    readonly Lock gate = new();
    readonly Queue<Unit> units = new(); // in order; not written yet
    readonly Queue<(long UpTo, TaskCompletionSource<bool> IsWritten)> flushes = new();
    readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    (long UpTo, TaskCompletionSource<bool> IsWritten) newestFlush;
    TaskCompletionSource? caughtUp, failed;
    Dictionary<(string Stage, string Source), long[]> backlog = [];
    PipelineModel? model;
    Action? wake;
    bool isAwake;
    long lastUnit, lastWritten, unwrittenBytes;
    long waitingSince = clock.GetTimestamp(); // for the opening, or the journal's reply to a write; 0: for nothing
    int failures;
    volatile bool isBehind, isLost;
    volatile string? failure;

    public string Pipeline { get; } = pipeline;

    /// <summary>Tells this incarnation from all others.</summary>
    public Guid Incarnation { get; } = Guid.NewGuid();

    /// <summary>Gets or sets the epoch that this incarnation has tried to claim last; 0: none.</summary>
    public long TriedEpoch { get; set; }

    /// <summary>Gets or sets for how long after its claim this incarnation deletes nothing: an older one may trust its writes for half of that time.</summary>
    public TimeSpan DeleteAfter { get; set; }

    /// <summary>What the engine's milliseconds count from, in milliseconds since 1970.</summary>
    public long Zero { get; private set; }

    /// <summary>Completes when the pipeline's claim is written: from then on nobody else can write.</summary>
    public Task Opened => opened.Task;

    /// <summary>Completes when another incarnation has claimed the pipeline.</summary>
    public Task Lost => lost.Task;

    public bool IsLost => isLost;

    /// <summary>Why nothing can be written now; null: it can.</summary>
    public string? Failure => failure;

    public bool IsFailing => failure is not null;

    public bool IsBehind => isBehind;

    /// <summary>Completes when the store fails; at once where it does already.</summary>
    public Task WhenFailing()
    {
        lock (gate)
        {
            if (failure is not null) return Task.CompletedTask;
            return (failed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public PipelineImage<ConveyorRecord> Open(DateTimeOffset zero)
    {
        Zero = zero.ToUnixTimeMilliseconds();
        lock (gate)
        {
            backlog = model!.Backlog();
            return model.ToImage(Zero);
        }
    }

    public IReadOnlyList<StoredRecord<ConveyorRecord>> Read(
        string stage, IReadOnlyDictionary<string, (long After, int Max)>? wanted, long after, out long reached)
    {
        reached = long.MaxValue;
        var records = new List<StoredRecord<ConveyorRecord>>();
        lock (gate)
        {
            foreach (var source in wanted?.Keys ?? backlog.Keys.Where(k => k.Stage == stage).Select(k => k.Source))
            {
                if (!backlog.TryGetValue((stage, source), out var sequences)) continue;
                var (last, max) = wanted is null ? (after, int.MaxValue) : wanted[source];
                var place = Array.BinarySearch(sequences, last + 1);
                for (place = place < 0 ? ~place : place; place < sequences.Length && max > 0; place++)
                {
                    if (model!.Find(stage, sequences[place], Zero) is not { } record) continue;
                    records.Add(record);
                    max--;
                }
            }
        }
        records.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return records;
    }

    public void Append(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
    {
        lock (gate)
        {
            if (isLost) return;
            var told = new Unit(unit.ToArray(), SizeOf(unit));
            if (units.Count == 0) waitingSince = clock.GetTimestamp();
            units.Enqueue(told);
            lastUnit++;
            unwrittenBytes += told.Bytes;
            if (unwrittenBytes > maxUnwrittenBytes) isBehind = true;
            if (isAwake || wake is null) return;
            isAwake = true;
            wake();
        }
    }

    public Task<bool> FlushAsync()
    {
        lock (gate)
        {
            if (isLost) return Task.FromResult(false);
            if (lastUnit == lastWritten) return Task.FromResult(true);
            if (failure is not null) return Task.FromResult(false);
            if (flushes.Count > 0 && newestFlush.UpTo == lastUnit) return newestFlush.IsWritten.Task;
            newestFlush = (lastUnit, new(TaskCreationOptions.RunContinuationsAsynchronously));
            flushes.Enqueue(newestFlush);
            return newestFlush.IsWritten.Task;
        }
    }

    public Task CatchUpAsync()
    {
        lock (gate)
        {
            if (!isBehind || failure is not null) return Task.CompletedTask;
            return (caughtUp ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The journal is this incarnation's, as far as the model goes. What is not written yet is to be written.</summary>
    /// <param name="current">What the journal adds up to.</param>
    /// <param name="wakeUp">Tells the writer that there is something to write. Called under the store's lock: it must not wait.</param>
    public void Begin(PipelineModel current, Action wakeUp)
    {
        lock (gate)
        {
            model = current;
            if (!opened.Task.IsCompleted) lastUnit = lastWritten = current.LastUnit;
            else Written_NeedsLock(current.LastUnit);
            wake = wakeUp;
            isAwake = units.Count > 0;
            if (units.Count > 0) wake(); // and only a write that succeeds ends a failure
            else (failure, failures, waitingSince) = (null, 0, 0);
        }
        opened.TrySetResult();
    }

    /// <summary>Copies the units that come next, about as many as one event holds, and at least one where there is one. Where there is none the writer sleeps until it is woken.</summary>
    /// <param name="bytes">About how many bytes to take.</param>
    /// <param name="into">Where they are added.</param>
    /// <returns>The number of the first one.</returns>
    public long Take(long bytes, List<Unit> into)
    {
        lock (gate)
        {
            foreach (var unit in units)
            {
                into.Add(unit);
                if ((bytes -= unit.Bytes) <= 0) break;
            }
            if (into.Count == 0) isAwake = false;
            return lastWritten + 1;
        }
    }

    /// <summary>The journal has everything up to a unit.</summary>
    public void Written(long upTo)
    {
        lock (gate)
        {
            (failure, failures) = (null, 0);
            Written_NeedsLock(upTo);
        }
    }

    /// <summary>Nothing can be written now. What is not written is kept; whoever waits for it is told.</summary>
    public void Fail(string reason)
    {
        lock (gate)
        {
            failure = reason;
            EndWaits_NeedsLock();
        }
    }

    /// <summary>
    /// The writer is gone; there will be another one. One failed write says little: it may be a neighbour's failure in the same transaction. So nobody is told before
    /// the journal has failed twice in a row, or cannot be read.
    /// </summary>
    /// <returns>How often the journal has failed since the last write that succeeded.</returns>
    public int Pause(string reason, bool canRead)
    {
        lock (gate)
        {
            (wake, isAwake) = (null, false);
            failures++;
            if (failures < 2 && canRead) return failures;
        }
        Fail(reason);
        return failures;
    }

    /// <summary>Fails when the journal has not answered for long. The reply ends that, whenever it comes.</summary>
    public void CheckSlow(TimeSpan atMost)
    {
        lock (gate)
        {
            if (failure is not null || waitingSince == 0 || clock.GetElapsedTime(waitingSince) < atMost) return;
        }
        Fail($"the journal has not answered for {atMost.TotalSeconds:0.###} s");
    }

    /// <summary>Another incarnation has claimed the pipeline: nothing is written here any more, and whoever waits for it is told so.</summary>
    /// <param name="reason">Who has claimed it.</param>
    /// <param name="lastOwn">The last unit of this incarnation that is known to be in the journal; null: not known.</param>
    public void Lose(string reason, long? lastOwn)
    {
        lock (gate)
        {
            if (lastOwn is { } upTo && opened.Task.IsCompleted) Written_NeedsLock(upTo);
            (isLost, failure, wake) = (true, reason, null);
            units.Clear();
            EndWaits_NeedsLock();
        }
        lost.TrySetResult();
    }

    void Written_NeedsLock(long upTo)
    {
        for (; lastWritten < upTo && units.TryDequeue(out var unit); lastWritten++) unwrittenBytes -= unit.Bytes;
        waitingSince = units.Count == 0 ? 0 : clock.GetTimestamp();
        while (flushes.TryPeek(out var flush) && flush.UpTo <= lastWritten)
        {
            flushes.Dequeue();
            flush.IsWritten.SetResult(true);
        }
        if (!isBehind || unwrittenBytes > maxUnwrittenBytes / 2) return;
        isBehind = false;
        caughtUp?.SetResult();
        caughtUp = null;
    }

    void EndWaits_NeedsLock()
    {
        while (flushes.TryDequeue(out var flush)) flush.IsWritten.SetResult(false);
        caughtUp?.SetResult();
        failed?.SetResult();
        (caughtUp, failed) = (null, null);
    }

    static long SizeOf(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
    {
        long size = 0;
        foreach (var (_, change) in unit)
        {
            size += BytesOfAnEntry;
            switch (change)
            {
                case StageEvent<ConveyorRecord>.Buffered b:
                    for (var i = 0; i < b.Records.Count; i++) size += StageModel.SizeOf(b.Records[i]);
                    break;
                case StageEvent<ConveyorRecord>.Parked p:
                    for (var i = 0; i < p.Records.Count; i++) size += StageModel.SizeOf(p.Records[i]);
                    break;
                case StageEvent<ConveyorRecord>.Settled s:
                    size += s.Sequences.Count;
                    break;
                case StageEvent<ConveyorRecord>.Noted n:
                    size += n.Note.Key.Length + n.Note.Value.Length;
                    break;
            }
        }
        return size;
    }
}
