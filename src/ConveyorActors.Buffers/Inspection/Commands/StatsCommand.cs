using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Shows all numbers of one pipeline, taken at one moment.</summary>
sealed class StatsCommand : InspectionCommand
{
    static readonly Column<LossRow>[] LossColumns =
    [
        new("stage", l => l.Stage),
        new("source", l => l.Source),
        new("reason", l => l.Reason.ToString()),
        new("count", l => l.Count),
    ];

    public override string Name => "stats";

    public override string Summary =>
        "shows all numbers of a pipeline, its stages and its sources, taken at one moment";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } = [PipelineArgument];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        return new InspectionReport()
            .Add(
                new ValuesPart([
                    ("pipeline", snapshot.Pipeline),
                    ("state", snapshot.State),
                    ("conserved", snapshot.IsConserved),
                    .. LevelColumns.GetValues(snapshot.Total),
                ])
            )
            .Add(new TablePart<StageSnapshot>("stages", snapshot.Stages, StagesCommand.Columns))
            .Add(new TablePart<SourceSnapshot>("sources", snapshot.Sources, SourcesCommand.Columns))
            .Add(new TablePart<LossRow>("losses", snapshot.Losses, LossColumns))
            .Add(HoldsPart.Create(snapshot.Holds));
    }
}
