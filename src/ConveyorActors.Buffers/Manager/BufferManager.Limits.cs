using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    /// <summary>Changes the limits while running. What is over a new limit stays, unless its stage drops its oldest; nothing more is admitted until it fits.</summary>
    public void ChangeLimits(BufferSettings changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        Checked(changed);
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                settings = changed;
                var now = clock.NowMs;
                global.ChangeLimits(GlobalLimits(changed), now);
                foreach (var (_, source) in sources) source.ChangeLimits(SourceLimits(changed), now);
                foreach (var stage in frozen)
                {
                    stage.Pool.ChangeLimits(StageLimits(changed), now);
                    stage.Buffer.UsualDeadLetterBytes = UsualDeadLetterBytes(changed);
                    if (!stage.HasOwnSettings) stage.Buffer.Settings = changed.Stage;
                    if (stage.Buffer.Settings.WhenFull != FullRule.DropOldest) continue;
                    stage.Buffer.DropOldestUntil(() => stage.Pool.Fill <= 1, now);
                    if (store is not null) Tell_NeedsLock(stage);
                }
                // No signal is worked out before every stage has dropped what it must: none follows a fill that is gone already.
                foreach (var stage in frozen)
                {
                    stage.Pool.RefreshZone(now);
                    if (stage.Pool.Zone > 0) continue;
                    foreach (var line in stage.Buffer.Lines) line.WasRefused = false;
                }
                foreach (var (_, source) in sources) source.Pool.RefreshZone(now);
                global.RefreshZone(now);
            }
            finally { Thaw(frozen); }
        }
        EvaluateAll();
        foreach (var (_, stage) in stages)
        {
            stage.Gate.Enter();
            if (!TryStart_NeedsLock(stage))
            {
                stage.Gate.Exit();
                continue;
            }
            stage.FreedRoom = true;
            Leave(stage);
        }
        if (!backlogs.IsEmpty) LoadSoon();
        ReconsiderWaiters();
    }

    /// <summary>Copies the stages' own settings from another manager.</summary>
    internal void ConfigureStagesLike(BufferManager<T> other)
    {
        foreach (var (id, stage) in other.stages)
            if (stage.HasOwnSettings) ConfigureStage(id, stage.Buffer.Settings);
    }

    /// <summary>Gives one stage settings of its own, which later changes of the limits leave alone.</summary>
    public void ConfigureStage(string stage, StageSettings own)
    {
        ArgumentNullException.ThrowIfNull(own);
        CheckStage(own);
        var to = Enter(stage);
        to.Buffer.Settings = own;
        to.HasOwnSettings = true;
        Leave(to);
        ReconsiderWaiters();
    }

    /// <summary>Says what <see cref="ChangeLimits"/> would refuse, evict and pause if it were called now. Changes nothing.</summary>
    /// <remarks>
    /// What waits for room when the limits change (offers and results of hops) goes in after the change as room allows, and where the stage then drops its
    /// oldest it takes the place of others. That is not foretold, nor is what would expire under another time to live.
    /// </remarks>
    public LimitChange PlanLimits(BufferSettings planned)
    {
        ArgumentNullException.ThrowIfNull(planned);
        Checked(planned);
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                var plan = new LimitPlan();
                foreach (var stage in frozen)
                {
                    var rule = (stage.HasOwnSettings ? stage.Buffer.Settings : planned.Stage).WhenFull;
                    if (rule == FullRule.DropOldest) plan.Evict(stage.Id, stage.Pool, StageLimits(planned), stage.Buffer.OldestFirst());
                }
                plan.AddRow("manager", global, GlobalLimits(planned), plan.EvictedInAll, 0);
                foreach (var stage in frozen)
                {
                    var evicted = plan.EvictedAt(stage.Id);
                    plan.AddRow($"stage {stage.Id}", stage.Pool, StageLimits(planned), evicted, evicted.Records);
                }
                foreach (var (id, source) in sources.OrderBy(s => s.Key, StringComparer.Ordinal))
                    plan.AddRow($"source {id}", source.Pool, SourceLimits(planned), plan.EvictedOf(id), 0);
                // An array, and not a collection expression: the compiler makes a list of it that serializers cannot read back.
                return new(plan.Rows, sources.Values.Where(s => WouldPause(s, planned, plan)).Select(s => s.Id).Order(StringComparer.Ordinal).ToArray());
            }
            finally { Thaw(frozen); }
        }
    }

    bool WouldPause(SourceState source, BufferSettings planned, LimitPlan plan)
    {
        if (source.Signal.Kind == BackpressureKind.Pause) return false;
        var zone = Math.Max(
            LimitPlan.Zone(global, GlobalLimits(planned), plan.EvictedInAll), LimitPlan.Zone(source.Pool, SourceLimits(planned), plan.EvictedOf(source.Id)));
        foreach (var line in source.Lines)
        {
            if (line.Holds && (line.Room + line.Hopping + line.Stored > plan.EvictedFrom(line.StageId, source.Id) || line.WasRefused))
                zone = Math.Max(zone, LimitPlan.Zone(line.StagePool!, StageLimits(planned), plan.EvictedAt(line.StageId)));
        }
        return zone == Watermarks.Zones - 1;
    }
}
