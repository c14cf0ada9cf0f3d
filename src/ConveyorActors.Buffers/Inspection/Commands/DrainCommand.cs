using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Stops a pipeline: the pipeline refuses new offers, and its consumers finish.</summary>
sealed class DrainCommand : InspectionCommand
{
    const int UsualSeconds = 30;
    const double MaxSeconds = 1_000_000_000;

    public override string Name => "drain";

    public override string Summary =>
        "stops a pipeline: it refuses new offers, lets its consumers finish until a deadline, and reports what remains";

    public override string Details => "A pipeline that is stopping already goes by its first deadline.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } = [PipelineArgument];

    public override IReadOnlyList<InspectionOption> Options { get; } =
    [new("deadline", "SECONDS", $"how long consumers get; {UsualSeconds} where it is not given")];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var seconds =
            given.ParseFraction("deadline", 0, MaxSeconds, $"a number of seconds from 0 to {MaxSeconds:0}")
            ?? UsualSeconds;
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var report = await given
            .Service.StopAsync(snapshot.Pipeline, TimeSpan.FromSeconds(seconds), cancellationToken)
            .ConfigureAwait(false);
        return new InspectionReport()
            .Add(
                new ValuesPart([
                    ("pipeline", snapshot.Pipeline),
                    ("settled", report.Settled),
                    ("remaining", report.Remaining),
                    ("durable", report.IsDurable),
                ])
            )
            .Add(
                new TablePart<KeyValuePair<string, long>>(
                    "remainingByStage",
                    [.. report.RemainingByStage.OrderBy(s => s.Key, StringComparer.Ordinal)],
                    [new("stage", s => s.Key), new("remaining", s => s.Value)]
                )
            );
    }
}
