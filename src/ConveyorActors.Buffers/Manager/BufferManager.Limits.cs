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
                    if (!stage.HasOwnSettings) stage.Buffer.Settings = changed.Stage;
                }
            }
            finally { Thaw(frozen); }
        }
        foreach (var (_, stage) in stages)
        {
            stage.Gate.Enter();
            if (!TryStart_NeedsLock(stage))
            {
                stage.Gate.Exit();
                continue;
            }
            if (stage.Buffer.Settings.WhenFull == FullRule.DropOldest)
                while (stage.Pool.Fill > 1 && stage.Buffer.DropOldest(stage.Now)) { }
            foreach (var line in stage.Buffer.Lines) line.Source?.Pool.RefreshZone(stage.Now);
            Leave(stage);
        }
        EvaluateAll();
        if (!backlogs.IsEmpty) LoadSoon();
        ReconsiderWaiters();
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
    public LimitChange PlanLimits(BufferSettings planned)
    {
        ArgumentNullException.ThrowIfNull(planned);
        Checked(planned);
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                var rows = new List<LimitChangeRow>();
                AddRow(rows, "manager", global, GlobalLimits(planned), 0);
                foreach (var stage in frozen)
                {
                    var rule = (stage.HasOwnSettings ? stage.Buffer.Settings : planned.Stage).WhenFull;
                    AddRow(rows, $"stage {stage.Id}", stage.Pool, StageLimits(planned), rule == FullRule.DropOldest ? stage.Buffer.Buffered : 0);
                }
                foreach (var (id, source) in sources.OrderBy(s => s.Key, StringComparer.Ordinal))
                    AddRow(rows, $"source {id}", source.Pool, SourceLimits(planned), 0);
                return new(rows, [.. sources.Values.Where(s => WouldPause(s, planned)).Select(s => s.Id).Order(StringComparer.Ordinal)]);
            }
            finally { Thaw(frozen); }
        }
    }

    static void AddRow(List<LimitChangeRow> rows, string level, CapacityPool pool, PoolLimits planned, long evictable)
    {
        var over = pool.Used - planned.Records;
        if (over <= 0 && planned.Fill(pool.Used, pool.UsedBytes) <= 1) return;
        over = Math.Max(over, 0);
        var evicted = Math.Min(over, evictable);
        rows.Add(new(level, pool.Used, planned.Records, evicted, over - evicted + 1));
    }

    bool WouldPause(SourceState source, BufferSettings planned)
    {
        if (source.Signal.Kind == BackpressureKind.Pause) return false;
        var zone = Math.Max(Zone(global, GlobalLimits(planned)), Zone(source.Pool, SourceLimits(planned)));
        foreach (var line in source.Lines)
            if (line.Holds) zone = Math.Max(zone, Zone(line.StagePool!, StageLimits(planned)));
        return zone == Watermarks.Zones - 1;

        static int Zone(CapacityPool pool, PoolLimits limits) => limits.ZoneOf(pool.Used, pool.UsedBytes).Zone;
    }
}
