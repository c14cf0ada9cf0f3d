using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Shows the granted credits, and the credits that could be granted.</summary>
sealed class CreditsCommand : InspectionCommand
{
    static readonly Column<SourceSnapshot>[] Columns =
    [
        new("source", s => s.Source),
        new("limit", s => s.Level.Limit),
        new("used", s => s.Level.Used),
        new("granted", s => s.Level.Granted),
        new("free", s => s.Level.Free),
        new("available", s => s.AvailableCredits),
    ];

    public override string Name => "credits";

    public override string Summary =>
        "shows how much room is granted to sources as credits, and how much more they could get now";

    public override string Details =>
        "What is available is the least of the free room of pipeline and source, and of a stage where one is named.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [PipelineArgument, new("SOURCE", "the name of a source; all of them where none is given") { IsOptional = true }];

    public override IReadOnlyList<InspectionOption> Options { get; } =
    [new("stage", "STAGE", "also under the limit of this stage; with a source only")];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var (source, stage, total) = (given.Find("SOURCE"), given.GetOption("stage"), snapshot.Total);
        if (source is not null)
            NameLookup.CheckSource(snapshot, source);
        if (stage is not null)
            return await ReportAtStageAsync(given, snapshot, source, stage, cancellationToken).ConfigureAwait(false);
        return new InspectionReport()
            .Add(
                new ValuesPart([
                    ("pipeline", snapshot.Pipeline),
                    ("limit", total.Limit),
                    ("used", total.Used),
                    ("granted", total.Granted),
                    ("free", total.Free),
                ])
            )
            .Add(
                new TablePart<SourceSnapshot>(
                    "sources",
                    [.. snapshot.Sources.Where(s => source is null || s.Source == source)],
                    Columns,
                    source is null
                        ? $"Pipeline '{snapshot.Pipeline}' has no sources."
                        : $"Source '{source}' is held and does not exist yet: no credits are available."
                )
            );
    }

    static async ValueTask<InspectionReport> ReportAtStageAsync(
        Invocation given,
        PipelineSnapshot snapshot,
        string? source,
        string stage,
        CancellationToken cancellationToken
    )
    {
        if (source is null)
            throw new InspectionException(
                InspectionException.WrongUsage,
                "SOURCE is missing; with --stage it must be the name of a source"
            );
        NameLookup.CheckStage(snapshot, stage, "--stage");
        var available = await given
            .Service.AvailableCreditsAsync(snapshot.Pipeline, stage, source, cancellationToken)
            .ConfigureAwait(false);
        return new InspectionReport().Add(
            new ValuesPart([
                ("pipeline", snapshot.Pipeline),
                ("source", source),
                ("stage", stage),
                ("available", available),
            ])
        );
    }
}
