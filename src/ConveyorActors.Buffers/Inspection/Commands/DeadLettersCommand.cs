using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Lists, replays and purges dead letters.</summary>
sealed class DeadLettersCommand : InspectionCommand
{
    const int UsuallyListed = 20;

    static readonly Column<DeadLetter<ConveyorRecord>>[] Columns =
    [
        new("stage", l => l.Record.TargetStageId),
        new("source", l => l.Record.SourceId),
        new("sequence", l => l.Record.Sequence),
        new("id", l => l.Record.Record.Id),
        new("retries", l => l.Record.RetryCount),
        new("bytes", l => l.Record.Record.Payload.Length),
        new("reason", l => l.Reason.ToString()),
        new("at", l => l.At),
        new("error", l => l.LastError),
    ];

    public override string Name => "dead-letters";

    public override string Summary =>
        "lists the records that stages gave up on, offers them to their stage again, or removes them for good";

    public override string Details => "The oldest come first. Replaying stops where there is no more room.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [
        new("ACTION", "what to do with them") { Choices = ["list", "replay", "purge"] },
        PipelineArgument,
        new("STAGE", "the name of a stage; where none is given, those of all stages are listed") { IsOptional = true },
    ];

    public override IReadOnlyList<InspectionOption> Options { get; } =
    [new("max", "N", $"at most so many; {UsuallyListed} of each stage when listing, otherwise all")];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var max = (int?)given.ParseNumber("max", int.MaxValue);
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var (action, stage) = (given["ACTION"], given.Find("STAGE"));
        if (stage is not null)
            NameLookup.CheckStage(snapshot, stage);
        if (action == "list")
            return await ListAsync(given, snapshot, stage, max ?? UsuallyListed, cancellationToken)
                .ConfigureAwait(false);
        if (stage is null)
            throw new InspectionException(
                InspectionException.WrongUsage,
                $"STAGE is missing; to {action} dead letters it must be the name of a stage"
            );
        var count =
            action == "replay"
                ? await given
                    .Service.ReplayDeadLettersAsync(snapshot.Pipeline, stage, max ?? int.MaxValue, cancellationToken)
                    .ConfigureAwait(false)
                : await given
                    .Service.PurgeDeadLettersAsync(snapshot.Pipeline, stage, max ?? int.MaxValue, cancellationToken)
                    .ConfigureAwait(false);
        var after = await given.Service.GetSnapshotAsync(snapshot.Pipeline, cancellationToken).ConfigureAwait(false);
        var left = after.Stages.FirstOrDefault(s => s.Stage == stage)?.DeadLetters ?? 0;
        return new InspectionReport().Add(
            new ValuesPart([
                ("pipeline", snapshot.Pipeline),
                ("stage", stage),
                (action == "replay" ? "replayed" : "purged", count),
                ("left", left),
            ])
        );
    }

    static async ValueTask<InspectionReport> ListAsync(
        Invocation given,
        PipelineSnapshot snapshot,
        string? only,
        int max,
        CancellationToken cancellationToken
    )
    {
        var letters = new List<DeadLetter<ConveyorRecord>>();
        var kept = 0;
        foreach (var stage in snapshot.Stages.Where(s => only is null || s.Stage == only))
        {
            kept += stage.DeadLetters;
            if (stage.DeadLetters > 0)
                letters.AddRange(
                    await given
                        .Service.GetDeadLettersAsync(snapshot.Pipeline, stage.Stage, max, cancellationToken)
                        .ConfigureAwait(false)
                );
        }
        return new InspectionReport()
            .Add(new ValuesPart([("pipeline", snapshot.Pipeline), ("kept", kept), ("listed", letters.Count)]))
            .Add(new TablePart<DeadLetter<ConveyorRecord>>("deadLetters", letters, Columns));
    }
}
