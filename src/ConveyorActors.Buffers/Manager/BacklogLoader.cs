using System.Collections.Concurrent;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Reads records from the store as there is room for them.</summary>
sealed class BacklogLoader<T>(ManagerParts<T> parts)
{
    /// <summary>What a line may load at least when the limits leave it no share: nobody's backlog waits for ever.</summary>
    const int LeastLoaded = 32;

    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    public readonly ConcurrentDictionary<StageState<T>, bool> Pending = new(); // stages with records that are still only in the store
    int loadRequests;

    public void LoadSoon()
    {
        if (Interlocked.Increment(ref loadRequests) == 1) _ = Task.Run(LoadAsLongAsAsked);
    }

    public void Load()
    {
        if (Pending.IsEmpty || Interlocked.Increment(ref loadRequests) != 1) return;
        LoadAsLongAsAsked();
    }

    void LoadAsLongAsAsked()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref loadRequests);
            var hasEnded = false;
            foreach (var (stage, _) in Pending)
                if (parts.State != ManagerState.Stopped) hasEnded |= Load(stage);
            if (hasEnded) parts.Room.Pump();
        }
        while (Interlocked.CompareExchange(ref loadRequests, 0, seen) != seen);
    }

    /// <summary>
    /// Takes records of a stage out of the store while there is room for them: up to the low watermark, so that a backlog alone holds no source, and new
    /// records of other sources are not starved. Answers true when a line has nothing left there.
    /// </summary>
    public bool Load(StageState<T> stage)
    {
        var hasEnded = false;
        var wanted = new Dictionary<string, (long After, int Max)>(StringComparer.Ordinal);
        while (true)
        {
            wanted.Clear();
            var left = 0;
            using (stage.Gate.Pass())
            {
                foreach (var line in stage.Buffer.Lines)
                {
                    left += line.Stored;
                    if (line.Stored > 0 && ShareOf(stage, line) is > 0 and var share) wanted[line.SourceId] = (line.ReadUpTo, Math.Min(share, line.Stored));
                }
                if (left == 0) Pending.TryRemove(stage, out _);
            }
            if (wanted.Count == 0) return hasEnded || left == 0;
            var after = wanted.Values.Min(w => w.After);
            var records = store!.Read(stage.Id, wanted, after, out var reached);
            if (!Take(stage, wanted, records, reached, ref hasEnded)) return hasEnded;
        }
    }

    /// <summary>Answers false when nothing came of it: who frees room asks again.</summary>
    bool Take(
        StageState<T> stage, Dictionary<string, (long After, int Max)> wanted, IReadOnlyList<StoredRecord<T>> records, long reached, ref bool hasEnded)
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
                if (!wanted.ContainsKey(record.Source) || stage.Buffer.FindLine(record.Source) is not { } line) continue;
                if (!TakeOne_NeedsLock(stage, line, record)) wanted.Remove(record.Source);
                else hasMoved = true;
                hasEnded |= line.Stored == 0;
            }
            foreach (var (source, (_, max)) in wanted)
            {
                if (stage.Buffer.FindLine(source) is not { Stored: > 0 } line) continue;
                // What it got was not all that it wanted: up to there, there is no more of it.
                if (given.GetValueOrDefault(source) >= max || reached <= line.ReadUpTo) continue;
                line.ReadUpTo = reached;
                hasMoved = true;
                if (reached != long.MaxValue) continue;
                line.Counts.Losses.Add(LossReason.Damaged, line.Stored);
                line.Stored = 0;
                line.Source!.ApplyAllowance();
                hasEnded = true;
            }
        }
        finally { parts.Sessions.Leave(stage); }
        return hasMoved;
    }

    bool TakeOne_NeedsLock(StageState<T> stage, SourceLine<T> line, in StoredRecord<T> record)
    {
        var source = line.Source!;
        if (stage.Pool.CouldEverHold(record.Bytes) && source.Pool.CouldEverHold(record.Bytes) && global.CouldEverHold(record.Bytes))
        {
            // Asked again for each: the other lines of this load take from the same share.
            if (ShareOf(stage, line) <= 0 || !TakeRoomForStored_NeedsLock(stage, line, record.Bytes)) return false;
            var held = line.Holds;
            stage.Buffer.Restore(line, record, stage.Now);
            RecordAdmission<T>.Placed_NeedsLock(stage, line, held);
        }
        else stage.Buffer.BuryStored(line, record, $"{record.Bytes} bytes are more than a limit admits now", stage.Now);
        line.Stored--;
        line.ReadUpTo = record.Sequence;
        if (source.Allowance is not null) source.ApplyAllowance();
        return true;
    }

    /// <summary>
    /// Room for a record from the store. Results that wait behind it have claimed room, which is no use to them before it has gone; otherwise what is claimed
    /// is left to those who claimed it.
    /// </summary>
    bool TakeRoomForStored_NeedsLock(StageState<T> stage, SourceLine<T> line, int bytes)
    {
        var source = line.Source!;
        var isOwed = line.Hopping > 0;
        if (!(isOwed ? stage.Pool.TryTakeOwed(bytes) : stage.Pool.TryTake(bytes))) return false;
        if (!source.Pool.TryTakeStored(bytes, isOwed))
        {
            stage.Pool.Release(1, bytes);
            return false;
        }
        if (isOwed ? global.TryTakeOwed(bytes) : global.TryTake(bytes)) return true;
        stage.Pool.Release(1, bytes);
        source.Pool.Release(1, bytes);
        stage.Touch(source);
        return false;
    }

    /// <summary>How many more records of a line may be loaded now.</summary>
    int ShareOf(StageState<T> stage, SourceLine<T> line)
    {
        var source = line.Source!;
        var share = Math.Min(Below(stage.Pool, line), Math.Min(Below(source.Pool, line), Below(global, line)));
        if (share > 0) return (int)share;
        if (line.Room > 0) return 0;
        return (int)Math.Min(LeastLoaded, Math.Min(Free(stage.Pool, line), Math.Min(Free(source.Pool, line), Free(global, line))));
    }

    long Below(CapacityPool pool, SourceLine<T> line)
    {
        var low = parts.Settings.LowWatermark;
        return pool.Fill >= low ? 0 : Math.Min(Free(pool, line), (long)(low * pool.Limits.Records) - pool.Used);
    }

    static long Free(CapacityPool pool, SourceLine<T> line) => line.Hopping > 0 ? pool.Limits.Records - pool.Used : pool.AvailableToStored;
}
