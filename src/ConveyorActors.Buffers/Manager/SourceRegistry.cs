using System.Collections.Concurrent;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Holds the sources of a manager: finds and creates them, and attaches each to the stages where it has a queue.
/// </summary>
sealed class SourceRegistry<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;
    public readonly ConcurrentDictionary<string, SourceState> All = new(StringComparer.Ordinal);
    readonly NameCache<SourceState> recentSources = new();

    /// <summary>Returns whether a source with this name exists.</summary>
    public bool HasSource(string id) => All.ContainsKey(id);

    public SourceState? FindSource(string id) =>
        All.TryGetValue(Names.Validate(id, "source"), out var known) ? known : null;

    public SourceState GetOrAddSource(string id)
    {
        if (id is null)
            Names.Validate(id, "source");
        if (recentSources.Find(id) is { } recent)
            return recent;
        var source = All.TryGetValue(id, out var known) ? known : AddSource(id);
        recentSources.Keep(source, id);
        return source;
    }

    SourceState AddSource(string id)
    {
        Names.Validate(id, "source");
        lock (structure)
        {
            if (All.TryGetValue(id, out var known))
                return known;
            return All[id] = MakeSource(id);
        }
    }

    SourceState MakeSource(string id)
    {
        var source = new SourceState(
            id,
            PoolLimitsFactory.CreateSourceLimits(parts.Settings),
            global,
            clock.NowMs,
            options.Allowances?.GetValueOrDefault(id)
        );
        source.ApplyAllowance();
        if (parts.Holds.Table.Contains(HoldTarget.Source, id))
            source.SetHeld(true);
        source.UpdateSignal(); // the manager may already be full
        return source;
    }

    /// <summary>
    /// Returns the queue of a source at a stage whose gate is held; null when the source has been removed.
    /// </summary>
    public SourceQueue<T>? FindQueue_NeedsLock(StageState<T> stage, SourceState source)
    {
        var queue = stage.Buffer.GetOrAddQueue(source.Id, stage.Now);
        if (ReferenceEquals(queue.Source, source))
            return queue;
        if (queue.Source is not null)
        {
            // The queue belongs to a new source with the name of the removed one.
            recentSources.Forget(source);
            return null;
        }
        queue.StagePool = stage.Pool;
        queue.Source = source;
        if (source.TryAttach(queue))
            return queue;
        stage.Buffer.RemoveQueue(queue);
        recentSources.Forget(source);
        return null;
    }

    /// <summary>Removes the sources that are attached to no stage.</summary>
    public void RemoveIdle()
    {
        foreach (var (id, source) in All)
        {
            if (!source.TryRemove())
                continue;
            All.TryRemove(id, out _);
            recentSources.Forget(source);
        }
    }

    public void UpdateAllSignals()
    {
        foreach (var source in All)
            source.Value.UpdateSignal();
    }

    public bool ShouldBackpressure(string source) => GetSignal(source).IsHeld;

    public BackpressureSignal GetSignal(string source) => ReadState(source).Signal;

    public SignalSubscription SubscribeSignals(string source)
    {
        while (true)
        {
            var known = GetOrAddSource(source);
            if (known.Subscribe() is not { } subscription)
            {
                recentSources.Forget(known); // the source has been removed
                continue;
            }
            if (parts.State == ManagerState.Stopped)
                subscription.End();
            return subscription;
        }
    }

    public long AvailableCredits(string source)
    {
        var state = ReadState(source);
        // A source that waits for its signal before it offers anything also needs room.
        if (state is { Allowance: { } allowance, Pool: { IsGrantBinding: true, Available: 0 } })
            allowance.RecordShortage(1);
        return state.AvailableCredits;
    }

    public long AvailableCredits(string stage, string source) =>
        Math.Min(AvailableCredits(source), parts.Stages.FindStage(stage)?.Pool.Available ?? parts.Settings.MaxPerStage);

    /// <summary>
    /// Returns the source for a query. For a source that does not exist, a temporary one is returned, without creating
    /// the source.
    /// </summary>
    SourceState ReadState(string source)
    {
        if (FindSource(source) is { } known)
            return known;
        return MakeSource(source);
    }
}
