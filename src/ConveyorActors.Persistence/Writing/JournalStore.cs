using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// The store of one pipeline's engine, for as long as this incarnation may write. It holds the engine's changes until
/// the journal has them.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The store outlives the actors that write for it: if one fails, its successor writes
/// the remaining units.
/// </remarks>
sealed class JournalStore(string pipeline, long maxUnwrittenBytes, TimeProvider clock, JournalCounts? counts = null)
    : IBufferStore<ConveyorRecord>
{
    /// <summary>The least bytes that a unit counts as, because even a unit of hardly any bytes costs memory.</summary>
    const int BytesOfAnEntry = 64;

    readonly Lock gate = new();
    readonly UnwrittenUnits units = new();
    readonly Queue<(long UpTo, TaskCompletionSource<bool> IsWritten)> flushes = new();
    readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    (long UpTo, TaskCompletionSource<bool> IsWritten) newestFlush;
    TaskCompletionSource? caughtUp,
        failed;
    StoredBacklog? backlog;

    // The last sequence of each stage that is in the journal.
    readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal);
    PipelineModel? model;
    Action? wake;
    bool isAwake;
    long unwrittenBytes,
        wakeAt; // the writer is woken when this many bytes wait

    // When the opening or a write began to wait for the journal; 0: nothing waits.
    long waitingSince = clock.GetTimestamp();
    int failures;
    volatile bool isBehind,
        isLost;
    volatile string? failure;

    readonly long created = clock.GetTimestamp();

    public string Pipeline { get; } = pipeline;

    /// <summary>Gets the counts of what is written.</summary>
    public JournalCounts Counts { get; } = counts ?? JournalCounts.Unmeasured;

    /// <summary>Gets the bytes that are accepted and not yet written.</summary>
    public long UnwrittenBytes => Interlocked.Read(ref unwrittenBytes);

    /// <summary>Gets the time since the opening of the pipeline began.</summary>
    public TimeSpan Age => clock.GetElapsedTime(created);

    /// <summary>Gets the id of this incarnation.</summary>
    public Guid Incarnation { get; } = Guid.NewGuid();

    /// <summary>Gets or sets the epoch that this incarnation last tried to claim; 0: none.</summary>
    public long TriedEpoch { get; set; }

    /// <summary>
    /// Gets or sets how long after its claim this incarnation deletes nothing. An older incarnation may trust its
    /// writes for half of that time.
    /// </summary>
    public TimeSpan DeleteAfter { get; set; }

    /// <summary>Gets the moment from which the engine's milliseconds count, in milliseconds since 1970.</summary>
    public long Zero { get; private set; }

    /// <summary>
    /// Gets a task that completes when the pipeline's claim is written. From then on no older incarnation can write.
    /// </summary>
    public Task Opened => opened.Task;

    /// <summary>Gets a task that completes when another incarnation has claimed the pipeline.</summary>
    public Task Lost => lost.Task;

    public bool IsLost => isLost;

    /// <summary>Gets why nothing can be written now; null: writing is possible.</summary>
    public string? Failure => failure;

    public bool IsFailing => failure is not null;

    public bool IsBehind => isBehind;

    /// <summary>Returns a task that completes when the store fails; at once if it has failed already.</summary>
    public Task WhenFailing()
    {
        lock (gate)
        {
            if (failure is not null)
                return Task.CompletedTask;
            return (failed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public PipelineImage<ConveyorRecord> Open(DateTimeOffset zero)
    {
        Zero = zero.ToUnixTimeMilliseconds();
        lock (gate)
        {
            backlog = new(model!, Zero);
            var image = model!.ToImage(Zero);
            foreach (var stage in image.Stages)
                lastSequences[stage.Stage] = stage.LastSequence;
            return image;
        }
    }

    /// <summary>Returns whether the record with a sequence of a stage is in the journal.</summary>
    public bool IsWritten(string stage, long sequence)
    {
        lock (gate)
            return lastSequences.TryGetValue(stage, out var last) && sequence <= last;
    }

    public IReadOnlyList<StoredRecord<ConveyorRecord>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    )
    {
        reached = long.MaxValue;
        lock (gate)
            return backlog?.Read(stage, wanted, after) ?? [];
    }

    public void Append(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
    {
        lock (gate)
        {
            if (isLost)
                return;
            var added = new Unit(unit.ToArray(), GetSize(unit));
            if (units.AreWritten)
                waitingSince = clock.GetTimestamp();
            units.Add(added);
            unwrittenBytes += added.Bytes;
            if (unwrittenBytes > maxUnwrittenBytes)
                isBehind = true;
            if (isAwake || wake is null || units.WaitingBytes < wakeAt)
                return;
            isAwake = true;
            wake();
        }
    }

    public Task<bool> FlushAsync()
    {
        lock (gate)
        {
            if (isLost)
                return Task.FromResult(false);
            if (units.AreWritten)
                return Task.FromResult(true);
            if (failure is not null)
                return Task.FromResult(false);
            if (flushes.Count > 0 && newestFlush.UpTo == units.Last)
                return newestFlush.IsWritten.Task;
            newestFlush = (units.Last, new(TaskCreationOptions.RunContinuationsAsynchronously));
            flushes.Enqueue(newestFlush);
            return newestFlush.IsWritten.Task;
        }
    }

    public Task CatchUpAsync()
    {
        lock (gate)
        {
            if (!isBehind || failure is not null)
                return Task.CompletedTask;
            return (caughtUp ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>
    /// Starts the writing of units, once this incarnation has the journal, which is read up to the model.
    /// </summary>
    /// <param name="current">The model of the journal's events.</param>
    /// <param name="wakeUp">
    /// Notifies the writer that there are units to write. Called under the store's lock, so it must not wait.
    /// </param>
    /// <returns>True if this ends a failure, so that offers are accepted again.</returns>
    public bool Begin(PipelineModel current, Action wakeUp)
    {
        var hasRecovered = false;
        lock (gate)
        {
            model = current;
            if (!opened.Task.IsCompleted)
                units.StartAfter(current.LastUnit);
            else
                RemoveWritten_NeedsLock(current.LastUnit);
            units.PutAllBack();
            (wake, wakeAt) = (wakeUp, 0);
            isAwake = units.AreWaiting;
            if (isAwake)
            {
                wake(); // only a write that succeeds ends a failure
            }
            else
            {
                hasRecovered = failure is not null;
                (failure, failures, waitingSince) = (null, 0, 0);
            }
        }
        if (opened.TrySetResult())
            Counts.AddClaim(Age);
        return hasRecovered;
    }

    /// <summary>
    /// Takes the next units, about as many as one event holds, and at least one. If fewer than <paramref name="least"/>
    /// bytes wait, none is taken, and the writer is woken when that many wait.
    /// </summary>
    /// <param name="least">The bytes that must wait; 0: any unit is taken.</param>
    /// <param name="most">The approximate number of bytes to take.</param>
    /// <param name="into">The list to which they are added.</param>
    /// <returns>The number of the first unit.</returns>
    public long Take(long least, long most, List<Unit> into)
    {
        lock (gate)
        {
            if (units.AreWaiting && units.WaitingBytes >= least)
                return units.Take(most, into);
            (isAwake, wakeAt) = (false, least);
            return units.NextToTake;
        }
    }

    /// <summary>Puts back the last units that were taken, because no event contains them.</summary>
    public void PutBack(int count)
    {
        if (count == 0)
            return;
        lock (gate)
            units.PutBack(count);
    }

    /// <summary>Removes all units up to the given one, because the journal has them.</summary>
    /// <returns>True if this ends a failure, so that offers are accepted again.</returns>
    public bool RemoveWritten(long upTo)
    {
        lock (gate)
        {
            var hadFailed = failure is not null;
            (failure, failures) = (null, 0);
            RemoveWritten_NeedsLock(upTo);
            return hadFailed;
        }
    }

    /// <summary>
    /// Sets the store to failing, because nothing can be written now. Unwritten units are kept; calls that wait for a
    /// write fail.
    /// </summary>
    public void Fail(string reason)
    {
        lock (gate)
        {
            failure = reason;
            EndWaits_NeedsLock();
        }
    }

    /// <summary>
    /// Pauses the store, because the writer has ended and another one will follow. A failed write may be caused by
    /// another event in the same transaction, so no waiting call fails before the journal has failed twice in a row, or
    /// cannot be read.
    /// </summary>
    /// <returns>The number of failures since the last write that succeeded.</returns>
    public int Pause(string reason, bool canRead)
    {
        lock (gate)
        {
            (wake, isAwake) = (null, false);
            failures++;
            Counts.AddFailure();
            if (failures < 2 && canRead)
                return failures;
        }
        Fail(reason);
        return failures;
    }

    /// <summary>
    /// Sets the store to failing if the journal has not replied for the given time. A later reply ends the failure.
    /// </summary>
    public void CheckSlow(TimeSpan atMost)
    {
        lock (gate)
        {
            if (failure is not null || waitingSince == 0 || clock.GetElapsedTime(waitingSince) < atMost)
                return;
        }
        Fail($"the journal has not replied for {atMost.TotalSeconds:0.###} s");
    }

    /// <summary>
    /// Ends the store, because another incarnation has claimed the pipeline. Nothing more is written here, and calls
    /// that wait for a write fail.
    /// </summary>
    /// <param name="reason">A sentence that names the process that has claimed it.</param>
    /// <param name="lastOwn">
    /// The last unit of this incarnation that is known to be in the journal; null: not known.
    /// </param>
    public void Lose(string reason, long? lastOwn)
    {
        lock (gate)
        {
            if (!isLost && opened.Task.IsCompleted)
                Counts.AddFenced();
            if (lastOwn is { } upTo && opened.Task.IsCompleted)
                RemoveWritten_NeedsLock(upTo);
            (isLost, failure, wake) = (true, reason, null);
            units.Clear();
            EndWaits_NeedsLock();
        }
        lost.TrySetResult();
    }

    void RemoveWritten_NeedsLock(long upTo)
    {
        while (units.FirstUnwritten <= upTo && units.TryRemoveWritten() is { } unit)
        {
            unwrittenBytes -= unit.Bytes;
            foreach (var (stage, change) in unit.Entries)
                if (change is StageEvent<ConveyorRecord>.Buffered buffered)
                    lastSequences[stage] = buffered.FirstSequence + buffered.Records.Count - 1;
        }
        waitingSince = units.AreWritten ? 0 : clock.GetTimestamp();
        while (flushes.TryPeek(out var flush) && flush.UpTo < units.FirstUnwritten)
        {
            flushes.Dequeue();
            flush.IsWritten.SetResult(true);
        }
        if (!isBehind || unwrittenBytes > maxUnwrittenBytes / 2)
            return;
        isBehind = false;
        caughtUp?.SetResult();
        caughtUp = null;
    }

    void EndWaits_NeedsLock()
    {
        while (flushes.TryDequeue(out var flush))
            flush.IsWritten.SetResult(false);
        caughtUp?.SetResult();
        failed?.SetResult();
        (caughtUp, failed) = (null, null);
    }

    static long GetSize(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
    {
        long size = 0;
        foreach (var (_, change) in unit)
        {
            size += BytesOfAnEntry;
            switch (change)
            {
                case StageEvent<ConveyorRecord>.Buffered b:
                    for (var i = 0; i < b.Records.Count; i++)
                        size += StageModel.EstimateSize(b.Records[i]);
                    break;
                case StageEvent<ConveyorRecord>.Parked p:
                    for (var i = 0; i < p.Records.Count; i++)
                        size += StageModel.EstimateSize(p.Records[i]);
                    break;
                case StageEvent<ConveyorRecord>.Settled s:
                    size += s.Sequences.Count;
                    break;
                case StageEvent<ConveyorRecord>.CheckpointSet n:
                    size += n.Checkpoint.Key.Length + n.Checkpoint.Value.Length;
                    break;
            }
        }
        return size;
    }
}
