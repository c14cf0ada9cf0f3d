using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Counts a manager whose stages all stand still.</summary>
sealed class Census<T>(
    string pipeline, string state, EngineClock clock, CapacityPool global, LineCounts retired, StageState<T>[] stages, SourceState[] sources)
{
    readonly long now = clock.NowMs;

    public PipelineSnapshot Take()
    {
        var lines = stages.SelectMany(s => s.Buffer.Lines).ToArray();
        var gone = new LineCounts();
        gone.Add(retired);
        foreach (var stage in stages) gone.Add(stage.Retired);
        var bySource = lines.Where(l => l.Source is not null).ToLookup(l => l.Source);
        return new(
            pipeline,
            Level(global, lines, gone, InTransit(sources), isStage: false, createdAt: 0),
            [.. stages.Select(StageSnapshot)],
            [.. sources.OrderBy(s => s.Id, StringComparer.Ordinal).Select(s => new SourceSnapshot(
                s.Id, Level(s.Pool, [.. bySource[s]], s.Retired, InTransit([s]), isStage: false, s.CreatedAt), s.Signal, s.AvailableCredits)
            {
                Budget = s.Allowance?.Terms is { IsKnown: true } terms ? new(terms.Granted, terms.Budget, terms.Budget - terms.Free) : null,
            })],
            [.. Losses()], state);
    }

    StageSnapshot StageSnapshot(StageState<T> stage) => new(
        stage.Id, Level(stage.Pool, [.. stage.Buffer.Lines], stage.Retired, default, isStage: true, stage.CreatedAt),
        [.. stage.Buffer.Leases.OrderBy(l => l.Id).Select(l => Shown(l, clock, now))],
        stage.Buffer.DeadLetterCount, stage.Buffer.DeadLettersDiscarded, stage.Lane.Count, stage.Consumers.Count)
    {
        DeadLetterBytes = stage.Buffer.DeadLetterBytes,
    };

    LevelSnapshot Level(CapacityPool pool, IReadOnlyList<SourceLine> lines, LineCounts gone, (long Room, long Results) inTransit, bool isStage, long createdAt)
    {
        var counts = new LineCounts();
        counts.Add(gone);
        foreach (var line in lines)
        {
            counts.Add(line.Counts);
            counts.FillArea += line.FillAreaAt(now) - line.Counts.FillArea;
        }
        var oldest = lines.Count == 0 ? long.MaxValue : lines.Min(l => l.OldestBufferedAt);
        return new()
        {
            Limit = pool.Limits.Records,
            LimitBytes = pool.Limits.Bytes,
            Buffered = lines.Sum(l => (long)l.Buffered),
            InFlight = lines.Sum(l => (long)l.InFlight),
            Granted = lines.Sum(l => (long)l.Granted + (isStage ? 0 : l.HopRetained)) + inTransit.Room,
            PendingBytes = lines.Sum(l => l.PendingBytes),
            Hopping = lines.Sum(l => (long)l.Hopping) + inTransit.Results,
            Stored = lines.Sum(l => (long)l.Stored),
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
            MeanWait = counts.Leased == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds((double)counts.WaitedMs / counts.Leased),
            MeanFill = now <= createdAt ? pool.Fill : counts.FillArea / (now - createdAt) / pool.Limits.Records,
        };
    }

    // What a hop has taken from one stage and not yet brought to the next is pending all the same: nobody must see the pipeline empty.
    static (long Room, long Results) InTransit(IReadOnlyList<SourceState> sources) =>
        (sources.Sum(s => Volatile.Read(ref s.InTransit)), sources.Sum(s => Volatile.Read(ref s.ResultsInTransit)));

    IEnumerable<LossRow> Losses()
    {
        foreach (var stage in stages)
        {
            foreach (var (reason, count) in stage.Retired.Losses.Rows()) yield return new(stage.Id, "(removed)", reason, count);
            foreach (var line in stage.Buffer.Lines)
                foreach (var (reason, count) in line.Counts.Losses.Rows()) yield return new(stage.Id, line.SourceId, reason, count);
        }
        foreach (var (reason, count) in retired.Losses.Rows()) yield return new("(removed)", "(removed)", reason, count);
    }

    public static LeaseSnapshot Shown(Lease<T> lease, EngineClock clock, long now) =>
        new(lease.Id, lease.Consumer, lease.Open, TimeSpan.FromMilliseconds(now - lease.LeasedAt), clock.DateOf(lease.DeadlineMs));
}
