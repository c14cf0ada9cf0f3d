using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the parameters and members that several requests have in common.</summary>
static class Parameters
{
    const int MaxNameLength = 200;

    public static readonly Field Pipeline = CreateName("pipeline", "the name of the pipeline"),
        Stage = CreateName("stage", "the name of the stage"),
        Source = CreateName("source", "the name of the source"),
        OnlyPipeline = CreateName("pipeline", "the name of the pipeline; not needed if there is only one"),
        Lease = new TextField("lease", "the lease, as the member `leaseId` of its reply");

    /// <summary>The parameters in the path of a stage's resource.</summary>
    public static readonly Field[] OfStage = [Pipeline, Stage];

    /// <summary>Returns a field for the name of a pipeline, stage, source or consumer.</summary>
    public static TextField CreateName(string name, string description) =>
        new(name, $"{description}: 1 to {MaxNameLength} characters, none of them a control character")
        {
            MinLength = 1,
            MaxLength = MaxNameLength,
        };

    /// <summary>Returns the parameter that says when a request is acknowledged.</summary>
    public static Field CreateAck(string what) =>
        new ChoiceField(
            AckReader.Parameter,
            $"when the reply comes: when {what} are in memory, or when they are on disk, which the server must have",
            AckReader.Choices
        )
        {
            HasDefault = true,
        };

    /// <summary>Returns the member with the time for which a request may wait, which is not at all by default.</summary>
    public static Field CreateWait(ConveyorHttpOptions options, string description) =>
        new IntegerField("waitMs", description, 0, (long)options.MaxWait.TotalMilliseconds) { Default = 0 };
}
