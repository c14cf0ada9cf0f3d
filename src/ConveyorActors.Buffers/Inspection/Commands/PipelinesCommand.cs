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
        .. LevelColumns.Create<PipelineSnapshot>(p => p.Total),
        new("holds", p => p.Holds.Count),
    ];

    static readonly Column<Failure>[] FailureColumns =
    [
        new("failedPipeline", f => f.Pipeline),
        new("reason", f => f.Reason),
    ];

    public override string Name => "pipelines";

    public override string Summary => "lists the pipelines with their numbers";

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshots = new List<PipelineSnapshot>();
        var failures = new List<Failure>();
        foreach (var name in await given.Service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                snapshots.Add(await given.Service.GetSnapshotAsync(name, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(new(name, ExceptionLine.Format(failure)));
            }
        }
        var report = new InspectionReport { ExitCode = failures.Count == 0 ? 0 : 1 };
        if (snapshots.Count > 0 || failures.Count == 0)
            report.Add(new TablePart<PipelineSnapshot>("pipelines", snapshots, Columns, "There are no pipelines."));
        if (failures.Count > 0)
            report.Add(new TablePart<Failure>("failures", failures, FailureColumns, ""));
        return report;
    }

    /// <summary>A pipeline whose numbers could not be read.</summary>
    sealed record Failure(string Pipeline, string Reason);
}
