using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>
/// Shows at every level whether every record that was offered is settled, lost for a named reason, or pending.
/// </summary>
sealed class AuditCommand : InspectionCommand
{
    static readonly Column<Row>[] Columns =
    [
        new("pipeline", r => r.Pipeline),
        new("level", r => r.Name),
        new("offered", r => r.Level.Offered),
        new("completed", r => r.Level.Completed),
        new("refused", r => r.Level.Refused),
        new("dropped", r => r.Level.Dropped),
        new("expired", r => r.Level.Expired),
        new("deadLettered", r => r.Level.DeadLettered),
        new("pending", r => r.Level.Pending),
        new("used", r => r.Level.Used, IsShown: false),
        new("granted", r => r.Level.Granted, IsShown: false),
        new("buffered", r => r.Level.Buffered, IsShown: false),
        new("inFlight", r => r.Level.InFlight, IsShown: false),
        new("recordsConserved", r => r.Level.RecordsAreConserved, IsShown: false),
        new("roomConserved", r => r.Level.RoomIsConserved, IsShown: false),
        new("conserved", r => r.Level.IsConserved),
    ];

    static readonly Column<Loss>[] LossColumns =
    [
        new("pipeline", l => l.Pipeline),
        new("stage", l => l.Row.Stage),
        new("source", l => l.Row.Source),
        new("reason", l => l.Row.Reason.ToString()),
        new("count", l => l.Row.Count),
    ];

    sealed record Loss(string Pipeline, LossRow Row);

    sealed record Row(string Pipeline, string Name, LevelSnapshot Level);

    public override string Name => "audit";

    public override string Summary =>
        "shows at every level that offered = settled + lost by reason + pending, and fails where it is not so";

    public override string Details => "The exit code is 1 where a level does not conserve its records or its room.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [new("PIPELINE", "the name of a pipeline; all of them where none is given") { IsOptional = true }];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshots = new List<PipelineSnapshot>();
        if (given.Find("PIPELINE") is not null)
            snapshots.Add(await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false));
        else
        {
            foreach (var name in await given.Service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false))
                snapshots.Add(await given.Service.GetSnapshotAsync(name, cancellationToken).ConfigureAwait(false));
        }
        var rows = snapshots.SelectMany(CreateRows).ToArray();
        var wrong = rows.Count(r => !r.Level.IsConserved);
        return new InspectionReport { ExitCode = wrong == 0 ? 0 : InspectionException.Failed }
            .Add(new ValuesPart([("conserved", wrong == 0), ("levelsNotConserved", wrong)], isShown: false))
            .Add(new TablePart<Row>("levels", rows, Columns, "There are no pipelines."))
            .Add(
                new TablePart<Loss>(
                    "losses",
                    [.. snapshots.SelectMany(s => s.Losses.Select(l => new Loss(s.Pipeline, l)))],
                    LossColumns
                )
            )
            .Add(
                new SentencePart(
                    rows.Length == 0 ? ""
                    : wrong == 0 ? "Everything adds up."
                    : $"{wrong} of {rows.Length} levels do not add up."
                )
            );
    }

    static IEnumerable<Row> CreateRows(PipelineSnapshot snapshot) =>
        [
            new(snapshot.Pipeline, "manager", snapshot.Total),
            .. snapshot.Stages.Select(s => new Row(snapshot.Pipeline, $"stage {s.Stage}", s.Level)),
            .. snapshot.Sources.Select(s => new Row(snapshot.Pipeline, $"source {s.Source}", s.Level)),
        ];
}
