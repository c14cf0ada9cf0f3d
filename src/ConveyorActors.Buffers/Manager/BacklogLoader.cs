using System.Collections.Concurrent;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Reads records from the store as there is room for them.</summary>
sealed class BacklogLoader<T>
{
    readonly ManagerParts<T> parts;
    readonly CapacityPool global;
    readonly IBufferStore<T>? store;
    readonly MemoryBound? memory;
    readonly BacklogShares<T> shares;

    // The stages with records that are only in the store.
    public readonly ConcurrentDictionary<StageState<T>, bool> Pending = new();
    readonly SemaphoreSlim loading = new(1, 1); // one thread loads at a time, and holds no gate when it begins

    // The sources whose queues get the least number of records in the load that is under way.
    readonly HashSet<string> least = new(StringComparer.Ordinal);
    volatile StageState<T>? failed; // the stage whose records could not be read
    int loadRequests;

    public BacklogLoader(ManagerParts<T> parts)
    {
        (this.parts, global, store) = (parts, parts.Global, parts.Store);
        memory = store?.MaxInMemoryBytes is { } most ? new(global, most) : null;
        shares = new(parts, memory);
    }

    /// <summary>Gets whether new records are kept only in the store.</summary>
    public bool IsMemoryFull => memory is { Free: <= 0 };

    /// <summary>Counts accepted records of a stage that are only in the store.</summary>
    public void RecordSpilled_NeedsLock(StageState<T> stage, int records, long bytes)
    {
        memory!.Spill(records, bytes);
        Pending[stage] = true;
    }

    /// <summary>Gets whether the store could not read records when they were last requested.</summary>
    public bool HasFailed => failed is { } stage && Pending.ContainsKey(stage);

    /// <summary>
    /// Returns whether a consumer could lease a record of the stage that is only in the store now: no record of its
    /// queue is in memory, nothing holds the queue, and there is room to load the record.
    /// </summary>
    /// <param name="stage">The stage.</param>
    /// <param name="root">The first of the leases that the consumer already holds; null: it holds none.</param>
    public bool CanLoadFor_NeedsLock(StageState<T> stage, Lease<T>? root)
    {
        if (store is null || !Pending.ContainsKey(stage) || stage.IsHeldByOperator || root is { IsLimited: true })
            return false;
        if (parts.State == ManagerState.Stopped)
            return false;
        foreach (var queue in stage.Buffer.Queues)
            if (
                queue.Records.Count == 0
                && queue.IsOpenTo(root)
                && (queue.Stored > 0 ? shares.Get(stage, queue, shares.GetsLeast(stage, queue)) > 0 : queue.Spilled > 0)
            )
                return true;
        return false;
    }

    /// <summary>Returns the number of a stage's records from before the start that are only in the store.</summary>
    public long CountStored(StageState<T> stage)
    {
        if (store is null || !Pending.ContainsKey(stage))
            return 0;
        using (stage.Gate.Pass())
            return stage.Buffer.Queues.Sum(queue => (long)queue.Stored);
    }

    /// <summary>Loads records of all stages on another thread, as there is room for them.</summary>
    public void LoadSoon()
    {
        if (Interlocked.Increment(ref loadRequests) == 1)
            _ = Task.Run(LoadWhileRequested);
    }

    /// <summary>Loads records of all stages, as there is room for them.</summary>
    public void Load()
    {
        if (Pending.IsEmpty || Interlocked.Increment(ref loadRequests) != 1)
            return;
        LoadWhileRequested();
    }

    /// <summary>
    /// Waits until the load that is under way has ended. After the manager has stopped, no other one begins.
    /// </summary>
    public async ValueTask WaitForLoadAsync()
    {
        await loading.WaitAsync().ConfigureAwait(false);
        loading.Release();
    }

    void LoadWhileRequested()
    {
        try
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref loadRequests);
                foreach (var (stage, _) in Pending)
                    while (Load(stage) == LoadOutcome.Loaded) { }
            } while (Interlocked.CompareExchange(ref loadRequests, 0, seen) != seen);
        }
        catch
        {
            Volatile.Write(ref loadRequests, 0); // or nothing would ever be loaded again
            throw;
        }
    }

    /// <summary>
    /// Loads records of a stage with one read of the store, after a load on another thread has ended. Never called
    /// under a stage's gate.
    /// </summary>
    /// <remarks>
    /// A store that cannot be read counts as failing, and is read again a moment later: an exception would reach a
    /// consumer, or nobody.
    /// </remarks>
    public LoadOutcome Load(StageState<T> stage)
    {
        var hasEnded = false;
        var outcome = LoadOutcome.NotPossible;
        loading.Wait();
        try
        {
            if (parts.State != ManagerState.Stopped)
            {
                outcome = LoadOnce(stage, ref hasEnded);
                if (ReferenceEquals(failed, stage))
                {
                    failed = null;
                    hasEnded = true; // offers that were refused for the failure may be accepted
                }
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failed = stage;
            parts.Timer.WatchStore();
        }
        finally
        {
            loading.Release();
        }
        if (hasEnded)
            parts.Room.Pump();
        return outcome;
    }

    /// <summary>
    /// Loads records of a stage from the store while there is room for them: up to the low watermark, so that a backlog
    /// alone holds no source, and new records of other sources are not starved. Sets <paramref name="hasEnded"/> if a
    /// queue has no records left in the store only.
    /// </summary>
    LoadOutcome LoadOnce(StageState<T> stage, ref bool hasEnded)
    {
        var wanted = new Dictionary<string, (long After, int Max)>(StringComparer.Ordinal);
        var spilled = new SpilledRead();
        var left = Choose(stage, wanted, ref spilled);
        if (wanted.Count == 0)
        {
            hasEnded |= left == 0;
            return LoadOutcome.NothingToLoad;
        }
        if (spilled.Any && !store!.FlushAsync().GetAwaiter().GetResult())
        {
            // Records that cannot be written cannot be read; they stay in the memory of the store.
            parts.Timer.WatchStore();
            return LoadOutcome.NotPossible;
        }
        var after = wanted.Values.Min(w => w.After);
        var records = store!.Read(stage.Id, wanted, after, out var reached);
        return Take(stage, wanted, records, reached, spilled, ref hasEnded)
            ? LoadOutcome.Loaded
            : LoadOutcome.NotPossible;
    }

    /// <summary>
    /// Chooses what to read for each queue of a stage. Returns the number of records that are only in the store.
    /// </summary>
    long Choose(StageState<T> stage, Dictionary<string, (long After, int Max)> wanted, ref SpilledRead spilled)
    {
        long left = 0;
        least.Clear();
        var free = memory?.Free ?? 0;
        using (stage.Gate.Pass())
        {
            foreach (var queue in stage.Buffer.Queues)
            {
                left += queue.Stored + queue.Spilled;
                var getsLeast = queue.Stored > 0 && shares.GetsLeast(stage, queue);
                if (queue.Stored > 0 && shares.GetOfStored(stage, queue, getsLeast, ref free) is > 0 and var share)
                {
                    wanted[queue.SourceId] = (queue.ReadUpTo, share);
                    if (getsLeast)
                        least.Add(queue.SourceId);
                }
                else if (queue.Spilled > 0 && shares.GetOfSpilled(stage, queue, ref free) is > 0 and var part)
                {
                    wanted[queue.SourceId] = (queue.ReadUpTo, Math.Min(part, queue.Spilled));
                    spilled.Add(queue, stage.Buffer.LastSequence);
                }
            }
            if (left == 0)
                Pending.TryRemove(stage, out _);
        }
        return left;
    }

    /// <summary>
    /// Adds the records that were read to their queues. Returns false when none was added: the load is tried again when
    /// room becomes free.
    /// </summary>
    bool Take(
        StageState<T> stage,
        Dictionary<string, (long After, int Max)> wanted,
        IReadOnlyList<StoredRecord<T>> records,
        long reached,
        SpilledRead spilled,
        ref bool hasEnded
    )
    {
        var hasMoved = false;
        var given = new Dictionary<string, int>(StringComparer.Ordinal);
        stage.Gate.Enter();
        parts.Stages.TryStart_NeedsLock(stage); // a stage with records in the store is not removed
        try
        {
            foreach (var record in records)
            {
                given[record.Source] = given.GetValueOrDefault(record.Source) + 1;
                if (!wanted.ContainsKey(record.Source) || stage.Buffer.FindQueue(record.Source) is not { } queue)
                    continue;
                if (spilled.Has(record.Source))
                {
                    TakeSpilled_NeedsLock(stage, queue, record);
                    spilled.RecordTaken(record.Source, record.Bytes);
                    hasMoved = true;
                }
                else if (!TakeOne_NeedsLock(stage, queue, record, least.Contains(record.Source)))
                    wanted.Remove(record.Source);
                else
                    hasMoved = true;
                hasEnded |= queue.Stored == 0;
            }
            foreach (var (source, (_, max)) in wanted)
            {
                if (stage.Buffer.FindQueue(source) is not { } queue || queue.Stored + queue.Spilled == 0)
                    continue;
                // Fewer records than requested: the store has no more of them up to the sequence reached.
                if (given.GetValueOrDefault(source) >= max || reached <= queue.ReadUpTo)
                    continue;
                if (spilled.Has(source))
                    hasMoved |= EndSpilledRead_NeedsLock(stage, queue, reached, spilled);
                else
                {
                    queue.ReadUpTo = reached;
                    hasMoved = true;
                    if (reached != long.MaxValue)
                        continue;
                    queue.Counts.Losses.Add(LossReason.Damaged, queue.Stored);
                    queue.Stored = 0;
                    queue.Source!.ApplyAllowance();
                    hasEnded = true;
                }
            }
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
        return hasMoved;
    }

    void TakeSpilled_NeedsLock(StageState<T> stage, SourceQueue<T> queue, in StoredRecord<T> record)
    {
        queue.UpdateFillArea(stage.Now);
        stage.Buffer.RestoreSpilled(queue, record);
        memory!.Load(1, record.Bytes);
    }

    /// <summary>
    /// Continues after the sequences that were searched. If all written records were searched, those that were not
    /// found are damaged and counted as lost.
    /// </summary>
    bool EndSpilledRead_NeedsLock(StageState<T> stage, SourceQueue<T> queue, long reached, SpilledRead spilled)
    {
        var (records, bytes, upTo) = spilled.GetLeft(queue.SourceId);
        queue.ReadUpTo = Math.Min(reached, upTo);
        if (reached < upTo || records == 0)
            return true;
        memory!.Load(records, bytes);
        stage.Buffer.LoseSpilled(queue, records, bytes, stage.Now);
        return true;
    }

    bool TakeOne_NeedsLock(StageState<T> stage, SourceQueue<T> queue, in StoredRecord<T> record, bool getsLeast)
    {
        var source = queue.Source!;
        if (parts.Levels.CanEverHold(stage, source, record.Bytes))
        {
            // The share is computed again for each record, because the other queues of this load use the same share.
            if (shares.Get(stage, queue, getsLeast) <= 0 || !TakeRoomForStored_NeedsLock(stage, queue, record.Bytes))
                return false;
            var held = queue.Holds;
            stage.Buffer.Restore(queue, record, stage.Now);
            RecordAdmission<T>.RecordPlaced_NeedsLock(stage, queue, held);
        }
        else
            stage.Buffer.DeadLetters.AddStored(
                queue,
                record,
                $"{record.Bytes} bytes are more than a limit admits now",
                stage.Now
            );
        queue.Stored--;
        queue.ReadUpTo = record.Sequence;
        if (source.Allowance is not null)
            source.ApplyAllowance();
        return true;
    }

    /// <summary>
    /// Takes room for a record from the store. If results of hops wait behind the record, their reserved room may be
    /// used, since they cannot be placed before the record; otherwise reserved room is left to its owners.
    /// </summary>
    bool TakeRoomForStored_NeedsLock(StageState<T> stage, SourceQueue<T> queue, int bytes)
    {
        var source = queue.Source!;
        var isReserved = queue.Hopping > 0;
        if (!(isReserved ? stage.Pool.TryTakeReserved(bytes) : stage.Pool.TryTake(bytes)))
            return false;
        if (!source.Pool.TryTakeStored(bytes, isReserved))
        {
            stage.Pool.Release(1, bytes);
            return false;
        }
        if (isReserved ? global.TryTakeReserved(bytes) : global.TryTake(bytes))
            return true;
        stage.Pool.Release(1, bytes);
        source.Pool.Release(1, bytes);
        stage.QueueZoneUpdate(source);
        return false;
    }
}
