using System.Collections.Concurrent;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Holds the stages of a manager: finds, creates and enters them, and continues the sequences of removed stages.
/// </summary>
sealed class StageRegistry<T>(ManagerParts<T> parts)
{
    const int MaxNumbersKept = 4_096;

    readonly Lock structure = parts.Structure;
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RoomQueue room = parts.RoomOrder;

    /// <summary>The stages, by name.</summary>
    public readonly ConcurrentDictionary<string, StageState<T>> All = new(StringComparer.Ordinal);
    readonly NameCache<StageState<T>> recentStages = new();
    public readonly QueueCounts Retired = new();

    // The last numbers of removed stages, by name. Guarded by the structure lock.
    public readonly Dictionary<string, (long Sequence, long Parking)> LastNumbers = new(StringComparer.Ordinal);

    // The highest sequence of stages that are no longer in any collection. Guarded by the structure lock.
    long LastForgotten = parts.Options.LastSequence;

    public StageState<T> GetOrAddStage(string id)
    {
        if (id is null)
            Names.Validate(id, "stage");
        if (recentStages.Find(id) is { } recent)
            return recent;
        var stage = All.TryGetValue(id, out var known) ? known : AddStage(id);
        recentStages.Keep(stage, id);
        return stage;
    }

    /// <summary>Returns the stage with a name, which may be any string; null: there is none.</summary>
    public StageState<T>? FindKnownStage(string id)
    {
        if (id is null)
            return null;
        if (recentStages.Find(id) is { } recent)
            return recent;
        if (All.TryGetValue(id, out var known))
            recentStages.Keep(known, id);
        return known;
    }

    /// <summary>Returns whether a stage with this name exists.</summary>
    public bool HasStage(string id) => All.ContainsKey(id);

    public StageState<T>? FindStage(string id) =>
        All.TryGetValue(Names.Validate(id, "stage"), out var known) ? known : null;

    StageState<T> AddStage(string id)
    {
        Names.Validate(id, "stage");
        lock (structure)
        {
            if (All.TryGetValue(id, out var known))
                return known;
            var seed = options.Seed is { } given ? given + All.Count : (int?)null;
            var stage = new StageState<T>(
                parts.Options.PipelineId,
                id,
                parts.Settings.Stage,
                PoolLimitsFactory.CreateStageLimits(parts.Settings),
                global,
                room,
                clock,
                seed,
                store is not null
            )
            {
                Backlog = store?.MaxInMemoryBytes is null ? null : parts.Backlog,
            };
            stage.Buffer.DeadLetters.UsualBytes = PoolLimitsFactory.GetDefaultDeadLetterBytes(parts.Settings);
            ContinueSequences(stage);
            stage.IsHeldByOperator = parts.Holds.Table.Contains(HoldTarget.Stage, id);
            All[id] = stage;
            return stage;
        }
    }

    /// <summary>Finds or creates a stage, and enters its gate.</summary>
    public StageState<T> Enter(string id)
    {
        while (true)
        {
            var stage = GetOrAddStage(id);
            stage.Gate.Enter();
            if (TryStart_NeedsLock(stage))
                return stage;
            stage.Gate.Exit();
        }
    }

    /// <summary>Finds a stage and enters its gate, without creating it; null when there is no such stage.</summary>
    public StageState<T>? TryEnter(string id)
    {
        if (id is null)
            Names.Validate(id, "stage");
        while ((recentStages.Find(id) ?? FindStage(id)) is { } stage)
        {
            stage.Gate.Enter();
            if (TryStart_NeedsLock(stage))
                return stage;
            stage.Gate.Exit();
        }
        return null;
    }

    public bool TryStart_NeedsLock(StageState<T> stage)
    {
        if (stage.IsRemoved)
        {
            recentStages.Forget(stage);
            return false;
        }
        stage.LastUsed = stage.Now = clock.NowMs;
        stage.FreedRoom = false;
        stage.RefusedQueue = null;
        return true;
    }

    /// <summary>Removes an idle and empty stage whose gate is held. Its numbers stay in the totals.</summary>
    public void Remove_NeedsLock(StageState<T> stage)
    {
        stage.IsRemoved = true;
        KeepSequences(stage.Id, stage);
        Retired.Add(stage.Retired);
        All.TryRemove(stage.Id, out _);
        recentStages.Forget(stage);
    }

    void KeepSequences(string id, StageState<T> stage)
    {
        if (stage.Buffer.LastSequence == 0 && stage.LastParkingNumber == 0)
            return;
        LastNumbers[id] = (stage.Buffer.LastSequence, stage.LastParkingNumber);
        if (store is not null || LastNumbers.Count <= MaxNumbersKept)
            return;
        // An unlimited number of names must not fill the memory, so one number stands for all of them.
        foreach (var (sequence, _) in LastNumbers.Values)
            LastForgotten = Math.Max(LastForgotten, sequence);
        LastNumbers.Clear();
    }

    /// <summary>Returns the highest sequence that any stage has assigned, removed stages included.</summary>
    public long FindLastSequence()
    {
        lock (structure)
        {
            var last = LastForgotten;
            foreach (var (sequence, _) in LastNumbers.Values)
                last = Math.Max(last, sequence);
            foreach (var (_, stage) in All)
                using (stage.Gate.Pass())
                    last = Math.Max(last, stage.Buffer.LastSequence);
            return last;
        }
    }

    /// <summary>
    /// Continues the sequences of a removed stage in a new stage with its name, because a store identifies records by
    /// their sequences, and a consumer may still hold an old one.
    /// </summary>
    void ContinueSequences(StageState<T> stage)
    {
        if (!LastNumbers.Remove(stage.Id, out var last))
            last = (LastForgotten, 0);
        stage.Buffer.Restore(last.Sequence, [], 0, parts.Traits.GetSize);
        stage.LastParkingNumber = last.Parking;
    }

    /// <summary>
    /// Enters every stage's gate. The structure lock is held, so no stage is added or removed, and no other thread does
    /// the same.
    /// </summary>
    public StageState<T>[] Freeze()
    {
        StageState<T>[] all = [.. All.Values.OrderBy(s => s.Id, StringComparer.Ordinal)];
        foreach (var stage in all)
            stage.Gate.Enter();
        return all;
    }

    public static void Thaw(StageState<T>[] all)
    {
        foreach (var stage in all)
            stage.Gate.Exit();
    }
}
