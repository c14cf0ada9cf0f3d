using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Summary;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Converts the runner's numbers into frames, and keeps the earlier numbers needed for rates.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FrameMaker(IReadOnlyList<string> stageOrder)
{
    /// <summary>The longest estimate of time left that is shown.</summary>
    static readonly TimeSpan LongestGuess = TimeSpan.FromDays(99);

    readonly RateMeter rates = new();

    public Frame CreateFrame(RunProgress progress)
    {
        var bySource = progress.Snapshot.Sources.ToDictionary(s => s.Source);
        var sources = progress.Sources.Select(s => CreateSourceRow(s, bySource.GetValueOrDefault(s.Name)));
        return new(
            progress.Elapsed,
            CreateStageRows(progress.Snapshot, progress.Elapsed),
            [.. sources],
            CreateOverallRow(progress)
        )
        {
            Remarks =
            [
                .. progress.WaitingFor.Select(w => $"waiting for {Printable.Sanitize(w, 200)}"),
                .. progress.Hints.Select(hint => Printable.Sanitize(hint, 400)),
                .. RemarkText.Format(progress.Remarks, exact: false),
            ],
            Paused = progress.Paused,
        };
    }

    /// <summary>Returns only the rows of the stages, for a caller that has a snapshot but no runner.</summary>
    public IReadOnlyList<StageRow> CreateStageRows(PipelineSnapshot snapshot, TimeSpan elapsed) =>
        [
            .. OrderStages(snapshot, stageOrder)
                .Select(s => new StageRow(
                    s.Stage,
                    s.Level.Fill,
                    s.Level.Buffered,
                    s.Level.InFlight,
                    s.Level.Completed,
                    rates.Update("stage " + s.Stage, s.Level.Completed, elapsed),
                    s.Level.Retries,
                    s.Level.DeadLettered
                )),
        ];

    /// <summary>Returns the stages in the pipeline's order, followed by any others.</summary>
    public static IEnumerable<StageSnapshot> OrderStages(PipelineSnapshot snapshot, IReadOnlyList<string> order)
    {
        var byName = snapshot.Stages.ToDictionary(s => s.Stage);
        return order
            .Where(byName.ContainsKey)
            .Select(n => byName[n])
            .Concat(snapshot.Stages.Where(s => !order.Contains(s.Stage)));
    }

    static SourceRow CreateSourceRow(SourceProgress reading, SourceSnapshot? buffers) =>
        new(
            reading.Name,
            buffers?.Signal ?? BackpressureSignal.None,
            buffers?.AvailableCredits ?? 0,
            reading.LinesRead,
            reading.AtEnd
        );

    OverallRow CreateOverallRow(RunProgress progress)
    {
        var read = progress.Sources.Sum(s => s.BytesRead);
        long? total = progress.Sources.All(s => s.BytesTotal is not null)
            ? progress.Sources.Sum(s => s.BytesTotal!.Value)
            : null;
        // Small inputs are read at once, so lines still in the buffers, counted with their line ends, are not counted
        // as done.
        var pending = progress.Snapshot.Total;
        var done = Math.Max(0, progress.Sources.Sum(s => s.BytesTaken) - pending.PendingBytes - pending.Pending);
        var rate = rates.Update("bytes", done, progress.Elapsed);
        return new(progress.LinesRead, progress.LinesWritten, read, done, total, EstimateTimeLeft(total - done, rate));
    }

    static TimeSpan? EstimateTimeLeft(long? bytes, double rate)
    {
        var seconds = Math.Max(0, bytes ?? 0) / rate;
        return bytes is null || rate < 1 || seconds > LongestGuess.TotalSeconds ? null : TimeSpan.FromSeconds(seconds);
    }
}
