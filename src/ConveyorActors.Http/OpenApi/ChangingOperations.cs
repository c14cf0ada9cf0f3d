using ConveyorActors.Http.Inspecting;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the changes of operators.</summary>
static class ChangingOperations
{
    static readonly ProblemKind[] Problems = [.. ProblemKinds.OfCommand, .. ProblemKinds.OfJsonBody];

    public static Operation ChangeDeadLetters { get; } =
        new("ChangeDeadLetters", Tags.Changes, "Replays or purges dead letters of a stage.")
        {
            Path = Parameters.OfStage,
            Body = Bodies.CreateRequest(
                new ChoiceField("action", "whether they are offered to the stage again, or removed", "replay", "purge")
                {
                    IsRequired = true,
                },
                new IntegerField(
                    "max",
                    "the maximum number of dead letters, the oldest first; by default all",
                    1,
                    int.MaxValue
                )
            ),
            Reply = Bodies.CreateReport("The number of dead letters.", ChangeSchemas.DeadLetterChange),
            Problems = Problems,
        };

    public static Operation SetLimits { get; } =
        new("SetLimits", Tags.Changes, "Sets some limits of a pipeline; dryRun=true only shows the effects.")
        {
            Query =
            [
                Parameters.OnlyPipeline,
                new FlagField("dryRun", "whether only the effects are shown, and nothing is changed")
                {
                    Default = false,
                },
            ],
            Body = Bodies.CreateRequest([.. LimitFields.All]),
            Reply = Bodies.CreateReport("The new limits and their effects.", ChangeSchemas.LimitChange),
            Problems = Problems,
        };

    public static Operation PlanLimits { get; } =
        SetLimits with
        {
            Id = "PlanLimits",
            Summary = "Shows the effects that limits would have; dryRun=true is required.",
            Problems = [.. Problems, ProblemKinds.ReadOnly],
        };

    public static Operation Pause { get; } =
        CreateHold(
            "Pause",
            "Holds a source, so that nothing more is accepted of it, or a stage, so that it gives no leases."
        );

    public static Operation Resume { get; } = CreateHold("Resume", "Resumes a source or a stage.");

    public static Operation Drain { get; } =
        new("Drain", Tags.Changes, "Stops a pipeline: it refuses offers and lets consumers finish.")
        {
            Path = [Parameters.Pipeline],
            Body = Bodies.CreateRequest(
                new IntegerField(
                    "deadlineMs",
                    "how long consumers may settle their records",
                    0,
                    InspectionEndpoints.MaxDeadlineMs
                )
                {
                    Default = 30_000,
                }
            ),
            Reply = Bodies.CreateReport("What was settled and what remains.", ChangeSchemas.Drained),
            Problems = Problems,
        };

    static Operation CreateHold(string id, string summary) =>
        new(id, Tags.Changes, summary)
        {
            Path = [Parameters.Pipeline],
            Body = Bodies.CreateRequest(
                new ChoiceField("target", "whether it is a source or a stage", "source", "stage") { IsRequired = true },
                Parameters.CreateName("name", "the name of the source or stage") with
                {
                    IsRequired = true,
                }
            ),
            Reply = Bodies.CreateReport("The hold.", ChangeSchemas.HoldChange),
            Problems = Problems,
        };
}
