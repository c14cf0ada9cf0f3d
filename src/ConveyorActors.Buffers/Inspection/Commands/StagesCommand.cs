using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Lists the stages of a pipeline.</summary>
sealed class StagesCommand : InspectionCommand
{
    internal static readonly Column<StageSnapshot>[] Columns =
    [
        new("stage", s => s.Stage),
        .. LevelColumns.Create<StageSnapshot>(s => s.Level),
        new("leases", s => s.Leases.Count),
        new("deadLetters", s => s.DeadLetters),
        new("deadLetterBytes", s => s.DeadLetterBytes, IsShown: false),
        new("deadLettersDiscarded", s => s.DeadLettersDiscarded, IsShown: false),
        new("waitingOffers", s => s.WaitingOffers),
        new("waitingConsumers", s => s.WaitingConsumers),
    ];

    public override string Name => "stages";

    public override string Summary =>
        "lists the stages of a pipeline with their numbers, and those that an operator holds";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } = [PipelineArgument];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        return new InspectionReport()
            .Add(new ValuesPart([("pipeline", snapshot.Pipeline)], isShown: false))
            .Add(
                new TablePart<StageSnapshot>(
                    "stages",
                    snapshot.Stages,
                    Columns,
                    $"Pipeline '{snapshot.Pipeline}' has no stages."
                )
            )
            .Add(HoldsPart.Create(snapshot.Holds.Where(h => h.Target == HoldTarget.Stage)));
    }
}
