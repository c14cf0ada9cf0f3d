using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Lists the pipelines.</summary>
sealed class PipelinesCommand : InspectionCommand
{
    static readonly Column<PipelineSnapshot>[] Columns =
    [
        new("pipeline", p => p.Pipeline),
        new("state", p => p.State),
        new("stages", p => p.Stages.Count),
        new("sources", p => p.Sources.Count),
        .. LevelColumns.Of<PipelineSnapshot>(p => p.Total),
        new("holds", p => p.Holds.Count),
    ];

    public override string Name => "pipelines";

    public override string Summary => "lists the pipelines with their numbers";

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshots = new List<PipelineSnapshot>();
        foreach (var name in await given.Service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false))
            snapshots.Add(await given.Service.GetSnapshotAsync(name, cancellationToken).ConfigureAwait(false));
        return new InspectionReport().Add(
            new TablePart<PipelineSnapshot>("pipelines", snapshots, Columns, "There are no pipelines.")
        );
    }
}
