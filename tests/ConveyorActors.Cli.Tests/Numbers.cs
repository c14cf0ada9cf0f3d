using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests;

/// <summary>Numbers as a run would report them.</summary>
static class Numbers
{
    public static LevelSnapshot Level(
        long offered = 0,
        long completed = 0,
        long dead = 0,
        long dropped = 0,
        long refused = 0,
        long expired = 0,
        long buffered = 0,
        long inFlight = 0,
        long retries = 0,
        double fill = 0
    ) =>
        new()
        {
            Limit = 100,
            Buffered = buffered,
            InFlight = inFlight,
            Granted = 0,
            Used = buffered + inFlight,
            Offered = offered,
            Accepted = offered - refused,
            Refused = refused,
            Completed = completed,
            Dropped = dropped,
            Expired = expired,
            DeadLettered = dead,
            Retries = retries,
            Fill = fill,
        };

    public static StageSnapshot Stage(string name, LevelSnapshot level) =>
        new(name, level, [], (int)level.DeadLettered, 0, 0, 0);

    public static SourceSnapshot Source(string name, BackpressureSignal signal, long credits) =>
        new(name, Level(), signal, credits);

    public static PipelineSnapshot Snapshot(IReadOnlyList<StageSnapshot> stages, params SourceSnapshot[] sources) =>
        new("run", Level(), stages, sources, [], "Running");

    public static RunProgress Progress(
        PipelineSnapshot snapshot,
        double seconds = 10,
        params SourceProgress[] sources
    ) => new(snapshot, sources, sources.Sum(s => s.LinesRead), 7, 0, TimeSpan.FromSeconds(seconds));

    public static RunReport Report(RunOutcome outcome, params StageSnapshot[] stages) =>
        new(
            outcome,
            null,
            Progress(Snapshot(stages), 3.2, new SourceProgress("a", 100, 100, 1000, true)),
            TimeSpan.FromSeconds(3.2),
            []
        );

    public static PipelineDefinition Definition(params string[] stages) =>
        new() { Sources = [new("a", "a")], Stages = [.. stages.Select(s => new StageDefinition(s, "cat"))] };
}
