using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Lists the sources of a pipeline.</summary>
sealed class SourcesCommand : InspectionCommand
{
    internal static readonly Column<SourceSnapshot>[] Columns =
    [
        new("source", s => s.Source),
        new("signal", s => s.Signal.Kind.ToString()),
        new("delaySeconds", s => s.Signal.Delay),
        .. LevelColumns.Create<SourceSnapshot>(s => s.Level),
        new("credits", s => s.AvailableCredits),
        new("budgetGranted", s => s.Budget?.Granted, IsShown: false),
        new("budget", s => s.Budget?.Limit, IsShown: false),
        new("budgetGrantedInAll", s => s.Budget?.GrantedInAll, IsShown: false),
    ];

    public override string Name => "sources";

    public override string Summary =>
        "lists the sources of a pipeline with their signals and numbers, and those that an operator holds";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } = [PipelineArgument];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        return new InspectionReport()
            .Add(new ValuesPart([("pipeline", snapshot.Pipeline)], isShown: false))
            .Add(
                new TablePart<SourceSnapshot>(
                    "sources",
                    snapshot.Sources,
                    Columns,
                    $"Pipeline '{snapshot.Pipeline}' has no sources."
                )
            )
            .Add(HoldsPart.Create(snapshot.Holds.Where(h => h.Target == HoldTarget.Source)));
    }
}
