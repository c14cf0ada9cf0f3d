using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Counts a manager's records and room while all its stages are stopped.</summary>
sealed class SnapshotBuilder<T>(
    string pipeline,
    string state,
    EngineClock clock,
    CapacityPool global,
    QueueCounts retired,
    StageState<T>[] stages,
    SourceState[] sources
)
{
    readonly long now = clock.NowMs;

    public PipelineSnapshot Take()
    {
        var queues = stages.SelectMany(s => s.Buffer.Queues).ToArray();
        var removed = new QueueCounts();
        removed.Add(retired);
        foreach (var stage in stages)
            removed.Add(stage.Retired);
        var bySource = queues.Where(l => l.Source is not null).ToLookup(l => l.Source);
        return new(
            pipeline,
            CreateLevel(global, queues, removed, SumInTransit(sources), isStage: false, createdAt: 0),
            [.. stages.Select(CreateStageSnapshot)],
            [
                .. sources
                    .OrderBy(s => s.Id, StringComparer.Ordinal)
                    .Select(s => new SourceSnapshot(
                        s.Id,
                        CreateLevel(
                            s.Pool,
                            [.. bySource[s]],
                            s.Retired,
                            SumInTransit([s]),
                            isStage: false,
                            s.CreatedAt
                        ),
                        s.Signal,
                        s.AvailableCredits
                    )
                    {
                        Budget = s.Allowance?.Terms is { IsKnown: true } terms
                            ? new(terms.Granted, terms.Budget, terms.Budget - terms.Free)
                            : null,
                    }),
            ],
            [.. CreateLossRows()],
            state
        );
    }

    StageSnapshot CreateStageSnapshot(StageState<T> stage) =>
        new(
            stage.Id,
            CreateLevel(stage.Pool, [.. stage.Buffer.Queues], stage.Retired, default, isStage: true, stage.CreatedAt),
            [.. stage.Buffer.Leases.OrderBy(l => l.Id).Select(l => CreateLeaseSnapshot(l, clock, now))],
            stage.Buffer.DeadLetters.Count,
            stage.Buffer.DeadLetters.Discarded,
            stage.Lane.Count,
            stage.Consumers.Count
        )
        {
            DeadLetterBytes = stage.Buffer.DeadLetters.Bytes,
        };

    LevelSnapshot CreateLevel(
        CapacityPool pool,
        IReadOnlyList<SourceQueue> queues,
        QueueCounts removed,
        (long Room, long Results) inTransit,
        bool isStage,
        long createdAt
    )
    {
        var counts = new QueueCounts();
        counts.Add(removed);
        foreach (var queue in queues)
        {
            counts.Add(queue.Counts);
            counts.FillArea += queue.GetFillArea(now) - queue.Counts.FillArea;
        }
        var oldest = queues.Count == 0 ? long.MaxValue : queues.Min(l => l.OldestBufferedAt);
        return new()
        {
            Limit = pool.Limits.Records,
            LimitBytes = pool.Limits.Bytes,
            Buffered = queues.Sum(l => (long)l.Buffered),
            InFlight = queues.Sum(l => (long)l.InFlight),
            Granted = queues.Sum(l => (long)l.Granted + (isStage ? 0 : l.HopRetained)) + inTransit.Room,
            PendingBytes = queues.Sum(l => l.PendingBytes),
            Hopping = queues.Sum(l => (long)l.Hopping) + inTransit.Results,
            Stored = queues.Sum(l => (long)l.Stored),
            Used = pool.Used,
            Fill = pool.Fill,
            Offered = counts.Offered + inTransit.Results,
            Accepted = counts.Accepted,
            Refused = counts.Losses.Refused,
            Completed = counts.Completed,
            Dropped = counts.Losses.Dropped,
            Expired = counts.Losses.Expired,
            DeadLettered = counts.Losses.DeadLettered,
            Retries = counts.Retries,
            OldestAge = oldest == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, now - oldest)),
            MeanWait =
                counts.Leased == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds((double)counts.WaitedMs / counts.Leased),
            MeanFill = now <= createdAt ? pool.Fill : counts.FillArea / (now - createdAt) / pool.Limits.Records,
        };
    }

    // Results that a hop has taken from one stage and not yet brought to the next are pending, or the pipeline would
    // seem empty.
    static (long Room, long Results) SumInTransit(IReadOnlyList<SourceState> sources) =>
        (sources.Sum(s => Volatile.Read(ref s.InTransit)), sources.Sum(s => Volatile.Read(ref s.ResultsInTransit)));

    IEnumerable<LossRow> CreateLossRows()
    {
        foreach (var stage in stages)
        {
            foreach (var (reason, count) in stage.Retired.Losses.GetRows())
                yield return new(stage.Id, "(removed)", reason, count);
            foreach (var queue in stage.Buffer.Queues)
            foreach (var (reason, count) in queue.Counts.Losses.GetRows())
                yield return new(stage.Id, queue.SourceId, reason, count);
        }
        foreach (var (reason, count) in retired.Losses.GetRows())
            yield return new("(removed)", "(removed)", reason, count);
    }

    public static LeaseSnapshot CreateLeaseSnapshot(Lease<T> lease, EngineClock clock, long now) =>
        new(
            lease.Id,
            lease.Consumer,
            lease.Open,
            TimeSpan.FromMilliseconds(now - lease.LeasedAt),
            clock.GetDate(lease.DeadlineMs)
        );
}
