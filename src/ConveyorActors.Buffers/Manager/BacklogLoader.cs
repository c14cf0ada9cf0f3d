using System.Collections.Concurrent;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Reads records from the store as there is room for them.</summary>
sealed class BacklogLoader<T>(ManagerParts<T> parts)
{
    /// <summary>
    /// The least number of records that a queue may load when the limits leave it no share, so that no backlog waits
    /// forever.
    /// </summary>
    const int LeastLoaded = 32;

    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly MemoryBound? memory = parts.Store?.MaxInMemoryBytes is { } most ? new(parts.Global, most) : null;

    // The stages with records that are only in the store.
    public readonly ConcurrentDictionary<StageState<T>, bool> Pending = new();
    int loadRequests;

    /// <summary>Gets whether new records are kept only in the store.</summary>
    public bool IsMemoryFull => memory is { Free: <= 0 };

    /// <summary>Counts accepted records of a stage that are only in the store.</summary>
    public void RecordSpilled_NeedsLock(StageState<T> stage, int records, long bytes)
    {
        memory!.Spill(records, bytes);
        Pending[stage] = true;
    }

    public void LoadSoon()
    {
        if (Interlocked.Increment(ref loadRequests) == 1)
            _ = Task.Run(LoadWhileRequested);
    }

    public void Load()
    {
        if (Pending.IsEmpty || Interlocked.Increment(ref loadRequests) != 1)
            return;
        LoadWhileRequested();
    }

    void LoadWhileRequested()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref loadRequests);
            var hasEnded = false;
            foreach (var (stage, _) in Pending)
                if (parts.State != ManagerState.Stopped)
                    hasEnded |= Load(stage);
            if (hasEnded)
                parts.Room.Pump();
        } while (Interlocked.CompareExchange(ref loadRequests, 0, seen) != seen);
    }

    /// <summary>
    /// Loads records of a stage from the store while there is room for them: up to the low watermark, so that a backlog
    /// alone holds no source, and new records of other sources are not starved. Returns whether a queue has no records
    /// left in the store only.
    /// </summary>
    public bool Load(StageState<T> stage)
    {
        var hasEnded = false;
        var wanted = new Dictionary<string, (long After, int Max)>(StringComparer.Ordinal);
        while (true)
        {
            wanted.Clear();
            var left = 0;
            var spilled = new SpilledRead();
            var free = memory?.Free ?? 0;
            using (stage.Gate.Pass())
            {
                foreach (var queue in stage.Buffer.Queues)
                {
                    left += queue.Stored + queue.Spilled;
                    if (queue.Stored > 0 && IsTimeToRead(queue, free) && GetShare(stage, queue) is > 0 and var share)
                        wanted[queue.SourceId] = (queue.ReadUpTo, Math.Min(share, queue.Stored));
                    else if (queue.Spilled > 0 && GetShareOfSpilled(queue, ref free) is > 0 and var part)
                    {
                        wanted[queue.SourceId] = (queue.ReadUpTo, Math.Min(part, queue.Spilled));
                        spilled.Add(queue, stage.Buffer.LastSequence);
                    }
                }
                if (left == 0)
                    Pending.TryRemove(stage, out _);
            }
            if (wanted.Count == 0)
                return hasEnded || left == 0;
            if (spilled.Any && !store!.FlushAsync().GetAwaiter().GetResult())
            {
                // Records that cannot be written cannot be read; they stay in the memory of the store.
                using (stage.Gate.Pass())
                    parts.Timer.WatchStore_NeedsLock(stage);
                parts.Timer.ArmFor(long.MaxValue);
                return hasEnded;
            }
            var after = wanted.Values.Min(w => w.After);
            var records = store!.Read(stage.Id, wanted, after, out var reached);
            if (!Take(stage, wanted, records, reached, spilled, ref hasEnded))
                return hasEnded;
        }
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
                else if (!TakeOne_NeedsLock(stage, queue, record))
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

    bool TakeOne_NeedsLock(StageState<T> stage, SourceQueue<T> queue, in StoredRecord<T> record)
    {
        var source = queue.Source!;
        if (parts.Levels.CanEverHold(stage, source, record.Bytes))
        {
            // The share is computed again for each record, because the other queues of this load use the same share.
            if (GetShare(stage, queue) <= 0 || !TakeRoomForStored_NeedsLock(stage, queue, record.Bytes))
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

    /// <summary>
    /// Returns whether to read records of a queue: when half of the memory is free, because each read of the store
    /// should return many records, or when the queue has nothing to lease.
    /// </summary>
    bool IsTimeToRead(SourceQueue<T> queue, long free) =>
        memory is null || free >= memory.Most / 2 || queue.Records.Count == 0;

    /// <summary>
    /// Returns how many spilled records of a queue may be read back now. A queue with nothing to lease gets some even
    /// if memory is full.
    /// </summary>
    int GetShareOfSpilled(SourceQueue<T> queue, ref long free)
    {
        var average = queue.SpilledBytes / queue.Spilled;
        var share = IsTimeToRead(queue, free) ? MemoryBound.CountRecords(free, average) : 0;
        if (queue.Records.Count == 0)
            share = Math.Max(share, LeastLoaded);
        share = Math.Min(share, queue.Spilled);
        free -= MemoryBound.CountBytes(share, average);
        return (int)share;
    }

    /// <summary>Returns how many more records of a queue from before the start may be loaded now.</summary>
    int GetShare(StageState<T> stage, SourceQueue<T> queue)
    {
        if (IsMemoryFull && queue.Records.Count >= LeastLoaded)
            return 0;
        var source = queue.Source!;
        var share = Math.Min(
            GetRoomBelowWatermark(stage.Pool, queue),
            Math.Min(GetRoomBelowWatermark(source.Pool, queue), GetRoomBelowWatermark(global, queue))
        );
        if (share > 0)
            return (int)share;
        if (queue.Room > 0)
            return 0;
        return (int)
            Math.Min(
                LeastLoaded,
                Math.Min(
                    GetFreeRoom(stage.Pool, queue),
                    Math.Min(GetFreeRoom(source.Pool, queue), GetFreeRoom(global, queue))
                )
            );
    }

    long GetRoomBelowWatermark(CapacityPool pool, SourceQueue<T> queue)
    {
        var low = parts.Settings.LowWatermark;
        return pool.Fill >= low ? 0 : Math.Min(GetFreeRoom(pool, queue), (long)(low * pool.Limits.Records) - pool.Used);
    }

    static long GetFreeRoom(CapacityPool pool, SourceQueue<T> queue) =>
        queue.Hopping > 0 ? pool.Limits.Records - pool.Used : pool.AvailableToStored;
}
