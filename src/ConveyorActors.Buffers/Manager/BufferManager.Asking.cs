using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    /// <summary>A stage's fill: pending and promised records (or bytes, if that is more) over its limit. Above 1 only after a limit was lowered.</summary>
    public double GetStageUtilization(string stage) => FindStage(stage)?.Pool.Fill ?? 0;

    /// <summary>The manager's fill, likewise.</summary>
    public double GetGlobalUtilization() => global.Fill;

    /// <summary>The stages that have records waiting.</summary>
    public IReadOnlyList<string> StagesWithData() =>
        stages.Values.Where(s => { using (s.Gate.Pass()) return s.Buffer.Buffered > 0; }).Select(s => s.Id).Order(StringComparer.Ordinal).ToArray();

    /// <summary>All numbers, taken at one moment: every stage stands still while they are read.</summary>
    public PipelineSnapshot Snapshot()
    {
        lock (structure)
        {
            var frozen = Freeze();
            try { return new Census<T>(PipelineId, State.ToString(), clock, global, retired, frozen, [.. sources.Values]).Take() with { Holds = holds.List(), Settings = settings }; }
            finally { Thaw(frozen); }
        }
    }

    /// <summary>What did not go through so far, added up over all stages and sources.</summary>
    public LossLedger Ledger()
    {
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                var sum = new LossLedger();
                sum.Add(retired.Losses);
                foreach (var stage in frozen)
                {
                    sum.Add(stage.Retired.Losses);
                    foreach (var line in stage.Buffer.Lines) sum.Add(line.Counts.Losses);
                }
                return sum;
            }
            finally { Thaw(frozen); }
        }
    }

    /// <summary>Returns why a source is held: operators' holds first, then the limits, the fullest first; empty when the source is not held.</summary>
    public IReadOnlyList<HoldReason> Explain(string source)
    {
        if (FindSource(source) is not { } held) return ReasonsOfOperator(source, null, []).ToArray();
        if (!held.IsHeld && ReasonOfBudget(held, clock.NowMs) is null) return [];
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                var now = clock.NowMs;
                var all = frozen.SelectMany(s => s.Buffer.Lines).ToArray();
                var reasons = new List<HoldReason>();
                AddReason(reasons, "manager", global, frozen.Select(s => s.Buffer.OldestLease), all, now);
                var own = all.Where(l => ReferenceEquals(l.Source, held)).ToArray();
                if (ReasonOfBudget(held, now) is { } budget) reasons.Add(budget);
                else AddReason(reasons, $"source {source}", held.Pool, frozen.Where(s => own.Any(l => l.StageId == s.Id)).Select(s => s.Buffer.OldestLease), own, now);
                foreach (var stage in frozen.Where(s => own.Any(l => l.StageId == s.Id && l.Holds)))
                    AddReason(reasons, $"stage {stage.Id}", stage.Pool, [stage.Buffer.OldestLease], [.. stage.Buffer.Lines], now);
                var its = frozen.Where(s => own.Any(l => l.StageId == s.Id && l.Holds));
                return ReasonsOfOperator(source, held, its).Concat(reasons.OrderByDescending(r => r.Fill)).ToArray();
            }
            finally { Thaw(frozen); }
        }
    }

    void AddReason(List<HoldReason> reasons, string limit, CapacityPool pool, IEnumerable<Lease<T>?> leases, IReadOnlyList<SourceLine> lines, long now)
    {
        if (pool.AboveLowSince is < 0 and var _ || pool.Zone == 0) return;
        var oldest = leases.Where(l => l is not null).MinBy(l => l!.LeasedAt);
        var pace = lines.Sum(l => l.Rate.PerSecond(now));
        var over = pool.Used - (pool.Limits.Marks.FirstOf(1, pool.Limits.Records) - 1);
        reasons.Add(new(
            limit, pool.Used, pool.Limits.Records, pool.Fill, TimeSpan.FromMilliseconds(Math.Max(0, now - pool.AboveLowSince)),
            oldest is null ? null : Census<T>.Shown(oldest, clock, now),
            pace > 0 && over > 0 ? TimeSpan.FromSeconds(over / pace) : null));
    }

    /// <summary>Enters every stage's gate. The structure lock is held, so no stage comes or goes, and no other thread does the same.</summary>
    StageState<T>[] Freeze()
    {
        StageState<T>[] all = [.. stages.Values.OrderBy(s => s.Id, StringComparer.Ordinal)];
        foreach (var stage in all) stage.Gate.Enter();
        return all;
    }

    static void Thaw(StageState<T>[] all)
    {
        foreach (var stage in all) stage.Gate.Exit();
    }
}
