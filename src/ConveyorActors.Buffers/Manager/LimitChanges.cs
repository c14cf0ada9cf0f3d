using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Changes limits and settings while the manager runs, and plans such a change.</summary>
sealed class LimitChanges<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;

    public void ChangeLimits(BufferSettings changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        parts.Traits.Validate(changed);
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                parts.Settings = changed;
                var now = clock.NowMs;
                global.ChangeLimits(PoolLimitsFactory.CreateGlobalLimits(changed), now);
                foreach (var (_, source) in parts.Sources.All)
                    source.ChangeLimits(PoolLimitsFactory.CreateSourceLimits(changed), now);
                foreach (var stage in frozen)
                    ChangeLimits_NeedsLock(stage, changed, now);
                // Signals are updated only after every stage has dropped its surplus records, so that no signal is
                // based on an outdated fill.
                RefreshZones_NeedsLock(frozen, now);
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
        parts.Sources.UpdateAllSignals();
        AnnounceRoom();
    }

    /// <summary>
    /// Sets the limits of a stage; a stage that drops its oldest records drops those over the new limits.
    /// </summary>
    void ChangeLimits_NeedsLock(StageState<T> stage, BufferSettings changed, long now)
    {
        stage.Pool.ChangeLimits(PoolLimitsFactory.CreateStageLimits(changed), now);
        stage.Buffer.DeadLetters.UsualBytes = PoolLimitsFactory.GetDefaultDeadLetterBytes(changed);
        if (!stage.HasOwnSettings)
            stage.Buffer.Settings = changed.Stage;
        if (stage.Buffer.Settings.FullMode != FullMode.DropOldest)
            return;
        stage.Buffer.Oldest.DropUntil(() => stage.Pool.Fill <= 1, now);
        if (store is not null)
            parts.Journal.AppendUnit_NeedsLock(stage);
    }

    /// <summary>Recomputes the zones of all pools. A refusal by a stage that has room now no longer counts.</summary>
    void RefreshZones_NeedsLock(StageState<T>[] frozen, long now)
    {
        foreach (var stage in frozen)
        {
            stage.Pool.RefreshZone(now);
            if (stage.Pool.Zone > 0)
                continue;
            foreach (var queue in stage.Buffer.Queues)
                queue.WasRefused = false;
        }
        foreach (var (_, source) in parts.Sources.All)
            source.Pool.RefreshZone(now);
        global.RefreshZone(now);
    }

    /// <summary>Serves waiters with the room that the new limits may have created.</summary>
    void AnnounceRoom()
    {
        foreach (var (_, stage) in parts.Stages.All)
        {
            stage.Gate.Enter();
            if (!parts.Stages.TryStart_NeedsLock(stage))
            {
                stage.Gate.Exit();
                continue;
            }
            stage.FreedRoom = true;
            parts.Sessions.Leave(stage);
        }
        if (!parts.Backlog.Pending.IsEmpty)
            parts.Backlog.LoadSoon();
        parts.Room.ReevaluateWaiters();
    }

    /// <summary>Copies the stages' own settings from another manager.</summary>
    public void ConfigureStagesLike(BufferManager<T> other)
    {
        foreach (var (id, stage) in other.Parts.Stages.All)
            if (stage.HasOwnSettings)
                ConfigureStage(id, stage.Buffer.Settings);
    }

    public void ConfigureStage(string stage, StageSettings own)
    {
        ArgumentNullException.ThrowIfNull(own);
        parts.Traits.CheckStage(own);
        var to = parts.Stages.Enter(stage);
        to.Buffer.Settings = own;
        to.HasOwnSettings = true;
        parts.Sessions.Leave(to);
        parts.Room.ReevaluateWaiters();
    }

    public LimitChange PlanLimits(BufferSettings planned)
    {
        ArgumentNullException.ThrowIfNull(planned);
        parts.Traits.Validate(planned);
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                var plan = new LimitPlan();
                foreach (var stage in frozen)
                {
                    var rule = (stage.HasOwnSettings ? stage.Buffer.Settings : planned.Stage).FullMode;
                    if (rule == FullMode.DropOldest)
                        plan.Evict(
                            stage.Id,
                            stage.Pool,
                            PoolLimitsFactory.CreateStageLimits(planned),
                            stage.Buffer.Oldest.List()
                        );
                }
                plan.AddRow("manager", global, PoolLimitsFactory.CreateGlobalLimits(planned), plan.EvictedInAll, 0);
                foreach (var stage in frozen)
                {
                    var evicted = plan.GetEvictedAtStage(stage.Id);
                    plan.AddRow(
                        $"stage {stage.Id}",
                        stage.Pool,
                        PoolLimitsFactory.CreateStageLimits(planned),
                        evicted,
                        evicted.Records
                    );
                }
                foreach (var (id, source) in parts.Sources.All.OrderBy(s => s.Key, StringComparer.Ordinal))
                    plan.AddRow(
                        $"source {id}",
                        source.Pool,
                        PoolLimitsFactory.CreateSourceLimits(planned),
                        plan.GetEvictedOfSource(id),
                        0
                    );
                // An array instead of a collection expression, for which the compiler creates a list that serializers
                // cannot read back.
                return new(
                    plan.Rows,
                    parts
                        .Sources.All.Values.Where(s => IsPausedBy(s, planned, plan))
                        .Select(s => s.Id)
                        .Order(StringComparer.Ordinal)
                        .ToArray()
                );
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    bool IsPausedBy(SourceState source, BufferSettings planned, LimitPlan plan)
    {
        if (source.Signal.Kind == BackpressureKind.Pause)
            return false;
        var zone = Math.Max(
            LimitPlan.GetZone(global, PoolLimitsFactory.CreateGlobalLimits(planned), plan.EvictedInAll),
            LimitPlan.GetZone(
                source.Pool,
                PoolLimitsFactory.CreateSourceLimits(planned),
                plan.GetEvictedOfSource(source.Id)
            )
        );
        foreach (var queue in source.Queues)
        {
            if (
                queue.Holds
                && (
                    queue.Room + queue.Hopping + queue.Stored > plan.CountEvictedFromQueue(queue.StageId, source.Id)
                    || queue.WasRefused
                )
            )
                zone = Math.Max(
                    zone,
                    LimitPlan.GetZone(
                        queue.StagePool!,
                        PoolLimitsFactory.CreateStageLimits(planned),
                        plan.GetEvictedAtStage(queue.StageId)
                    )
                );
        }
        return zone == Watermarks.Zones - 1;
    }
}
