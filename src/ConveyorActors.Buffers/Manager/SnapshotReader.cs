using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Reads numbers and the reasons of holds, all at one moment while every stage is stopped.</summary>
sealed class SnapshotReader<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;

    public double GetStageUtilization(string stage)
    {
        if (parts.Stages.FindStage(stage) is not { } found)
            return 0;
        return GetUtilization(found.Pool, parts.Backlog.CountStored(found));
    }

    public double GetGlobalUtilization() =>
        GetUtilization(global, parts.Backlog.Pending.Sum(stage => parts.Backlog.CountStored(stage.Key)));

    // The records in the store are counted before those in memory, so that a record that is being loaded is not missed.
    static double GetUtilization(CapacityPool pool, long stored) =>
        stored == 0 ? pool.Fill : Math.Max(pool.Fill, (double)(pool.Used + stored) / pool.Limits.Records);

    public IReadOnlyList<string> GetStagesWithData() =>
        parts
            .Stages.All.Values.Where(s =>
            {
                using (s.Gate.Pass())
                    return s.Buffer.Buffered > 0 || s.Buffer.Queues.Any(q => q.Stored > 0);
            })
            .Select(s => s.Id)
            .Order(StringComparer.Ordinal)
            .ToArray();

    public PipelineSnapshot GetSnapshot()
    {
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                return new SnapshotBuilder<T>(
                    parts.Options.PipelineId,
                    parts.State.ToString(),
                    clock,
                    global,
                    parts.Stages.Retired,
                    frozen,
                    [.. parts.Sources.All.Values]
                ).Take() with
                {
                    Holds = parts.Holds.Table.List(),
                    Settings = parts.Settings,
                };
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    public LossLedger GetLedger()
    {
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                var sum = new LossLedger();
                sum.Add(parts.Stages.Retired.Losses);
                foreach (var stage in frozen)
                {
                    sum.Add(stage.Retired.Losses);
                    foreach (var queue in stage.Buffer.Queues)
                        sum.Add(queue.Counts.Losses);
                }
                return sum;
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    public IReadOnlyList<BackpressureReason> Explain(string source)
    {
        var reasons = ExplainLimits(source);
        if (FindBacklogReason(source) is { } backlog)
            reasons = [backlog, .. reasons];
        return parts.IsStoreFailing
            ? [new(BackpressureReason.Store, 0, 0, 1, TimeSpan.Zero, null, null), .. reasons]
            : reasons;
    }

    /// <summary>
    /// Returns the records from before the start that are still only in the store as a reason why offers are refused;
    /// null: there are none.
    /// </summary>
    BackpressureReason? FindBacklogReason(string source)
    {
        if (parts.Sources.FindSource(source) is not { } known || known.Stored is var stored && stored == 0)
            return null;
        var pending = stored + known.Pool.Used;
        return new(
            BackpressureReason.BacklogPrefix + source,
            stored,
            pending,
            (double)stored / pending,
            TimeSpan.Zero,
            null,
            null
        );
    }

    IReadOnlyList<BackpressureReason> ExplainLimits(string source)
    {
        if (parts.Sources.FindSource(source) is not { } held)
            return FindOperatorReasons(source, null, []).ToArray();
        if (!held.IsHeld && FindBudgetReason(held, clock.NowMs) is null)
            return [];
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                var now = clock.NowMs;
                var all = frozen.SelectMany(s => s.Buffer.Queues).ToArray();
                var reasons = new List<BackpressureReason>();
                AddReason(reasons, "manager", global, frozen.Select(s => s.Buffer.OldestLease), all, now);
                var own = all.Where(l => ReferenceEquals(l.Source, held)).ToArray();
                if (FindBudgetReason(held, now) is { } budget)
                    reasons.Add(budget);
                else
                    AddReason(
                        reasons,
                        $"source {source}",
                        held.Pool,
                        frozen.Where(s => own.Any(l => l.StageId == s.Id)).Select(s => s.Buffer.OldestLease),
                        own,
                        now
                    );
                foreach (var stage in frozen.Where(s => own.Any(l => l.StageId == s.Id && l.Holds)))
                    AddReason(
                        reasons,
                        $"stage {stage.Id}",
                        stage.Pool,
                        [stage.Buffer.OldestLease],
                        [.. stage.Buffer.Queues],
                        now
                    );
                var its = frozen.Where(s => own.Any(l => l.StageId == s.Id && l.Holds));
                return FindOperatorReasons(source, held, its).Concat(reasons.OrderByDescending(r => r.Fill)).ToArray();
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    void AddReason(
        List<BackpressureReason> reasons,
        string limit,
        CapacityPool pool,
        IEnumerable<Lease<T>?> leases,
        IReadOnlyList<SourceQueue> queues,
        long now
    )
    {
        if (pool.AboveLowSince is < 0 and var _ || pool.Zone == 0)
            return;
        var oldest = leases.Where(l => l is not null).MinBy(l => l!.LeasedAt);
        var pace = queues.Sum(l => l.Rate.GetRatePerSecond(now));
        var over = pool.Used - (pool.Limits.Marks.GetZoneStart(1, pool.Limits.Records) - 1);
        reasons.Add(
            new(
                limit,
                pool.Used,
                pool.Limits.Records,
                pool.Fill,
                TimeSpan.FromMilliseconds(Math.Max(0, now - pool.AboveLowSince)),
                oldest is null ? null : SnapshotBuilder<T>.CreateLeaseSnapshot(oldest, clock, now),
                pace > 0 && over > 0 ? TimeSpan.FromSeconds(over / pace) : null
            )
            {
                UsedBytes = pool.Limits.Bytes is null ? null : pool.UsedBytes,
                OfBytes = pool.Limits.Bytes,
            }
        );
    }

    /// <summary>
    /// Returns the operators' holds that hold a source: its own, and those of stages where it has records.
    /// </summary>
    IEnumerable<BackpressureReason> FindOperatorReasons(
        string source,
        SourceState? known,
        IEnumerable<StageState<T>> its
    )
    {
        if (parts.Holds.Table.GetHeldSince(HoldTarget.Source, source) is { } since)
        {
            var pool = known?.Pool ?? new(PoolLimitsFactory.CreateSourceLimits(parts.Settings));
            yield return CreateOperatorReason($"hold on source {source}", pool, since);
        }
        foreach (var stage in its)
            if (parts.Holds.Table.GetHeldSince(HoldTarget.Stage, stage.Id) is { } from)
                yield return CreateOperatorReason($"hold on stage {stage.Id}", stage.Pool, from);
    }

    BackpressureReason CreateOperatorReason(string limit, Admission.CapacityPool pool, DateTimeOffset since)
    {
        var held = clock.GetDate(clock.NowMs) - since;
        return new(
            limit,
            pool.Used,
            pool.Limits.Records,
            pool.Fill,
            held > TimeSpan.Zero ? held : TimeSpan.Zero,
            null,
            null
        )
        {
            ByOperator = true,
        };
    }

    /// <summary>
    /// Returns the budget as a reason why a source is held; null: the budget does not hold the source.
    /// </summary>
    BackpressureReason? FindBudgetReason(SourceState source, long now)
    {
        if (source.Allowance?.Terms is not { IsKnown: true } terms)
            return null;
        var isFull = source.Allowance.IsExhausted && source.Pool is { IsGrantBinding: true, Available: 0 };
        if (!isFull && (source.Pool.Zones.Records == source.Pool.Limits.Records || source.Pool.Zone == 0))
            return null;
        var since = source.Pool.AboveLowSince is >= 0 and var from
            ? TimeSpan.FromMilliseconds(Math.Max(0, now - from))
            : TimeSpan.Zero;
        return new(
            $"budget of source {source.Id} over the cluster",
            terms.Budget - terms.Free,
            terms.Budget,
            isFull ? 1 : source.Pool.Fill,
            since,
            null,
            null
        );
    }
}
