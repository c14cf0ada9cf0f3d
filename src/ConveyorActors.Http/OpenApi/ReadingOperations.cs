using ConveyorActors.Http.Inspecting;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the requests that only read.</summary>
/// <param name="options">The limits of the API.</param>
sealed class ReadingOperations(ConveyorHttpOptions options)
{
    public Operation ListPipelines { get; } =
        new("ListPipelines", Tags.Inspection, "Lists the pipelines with their numbers.")
        {
            Reply = Bodies.CreateReport("The pipelines.", ReportSchemas.PipelineList),
            Problems = [ProblemKinds.NotPossible],
        };

    public Operation ListStages { get; } =
        new("ListStages", Tags.Inspection, "Lists the stages of a pipeline, and those that an operator holds.")
        {
            Path = [Parameters.Pipeline],
            Reply = Bodies.CreateReport("The stages.", ReportSchemas.StageList),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation ListSources { get; } =
        new("ListSources", Tags.Inspection, "Lists the sources of a pipeline with their signals.")
        {
            Path = [Parameters.Pipeline],
            Reply = Bodies.CreateReport("The sources.", ReportSchemas.SourceList),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation GetStats { get; } =
        new(
            "GetStats",
            Tags.Inspection,
            "Returns all numbers of a pipeline at one moment, or the numbers of all pipelines."
        )
        {
            Query = [Parameters.CreateName("pipeline", "the name of the pipeline; without it all pipelines")],
            Reply = Bodies.CreateReport("The numbers.", ReportSchemas.Stats, ReportSchemas.PipelineList),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation Audit { get; } =
        new("Audit", Tags.Inspection, "Checks that offered = settled + lost by reason + pending at every level.")
        {
            Query = [Parameters.CreateName("pipeline", "the name of the pipeline; without it all pipelines")],
            Reply = Bodies.CreateReport("The balance of every level.", ReportSchemas.Audit),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation ExplainSource { get; } =
        new(
            "ExplainSource",
            Tags.Inspection,
            "Explains why a source is held: the limit or operator, the consumer that has the room, and the times."
        )
        {
            Path = [Parameters.Source],
            Query = [Parameters.OnlyPipeline],
            Reply = Bodies.CreateReport("The reasons.", ReportSchemas.Why),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation GetLimits { get; } =
        new("GetLimits", Tags.Inspection, "Returns the limits of a pipeline.")
        {
            Query = [Parameters.OnlyPipeline],
            Reply = Bodies.CreateReport("The limits.", ChangeSchemas.Limits),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation GetCredits { get; } =
        new(
            "GetCredits",
            Tags.Inspection,
            "Returns the room granted to a source as credits, and the room still available."
        )
        {
            Path = [Parameters.Source],
            Query =
            [
                Parameters.OnlyPipeline,
                new TextField("stage", "the name of a stage whose limit counts, too; it must exist"),
            ],
            Reply = Bodies.CreateReport("The credits.", ChangeSchemas.Credits),
            Problems = ProblemKinds.OfCommand,
        };

    public Operation PeekRecords =>
        new("PeekRecords", Tags.Inspection, "Lists the first records that wait in a stage without leasing them.")
        {
            Path = Parameters.OfStage,
            Query = [Max],
            Reply = Bodies.CreateReply("The records.", ResourceSchemas.RecordList),
            Problems = [ProblemKinds.NotFound, ProblemKinds.StoreFailing],
        };

    public Operation ListDeadLetters =>
        new("ListDeadLetters", Tags.Inspection, "Lists the dead letters of a stage, oldest first.")
        {
            Path = Parameters.OfStage,
            Query = [Max],
            Reply = Bodies.CreateReply("The dead letters.", ResourceSchemas.DeadLetterList),
            Problems = [ProblemKinds.NotFound, ProblemKinds.StoreFailing],
        };

    public Operation StreamEvents { get; } =
        new(
            "StreamEvents",
            Tags.Inspection,
            "Streams signals and rates as server-sent events; resumable by Last-Event-ID."
        )
        {
            Description = """
                The data of each event is a JSON object. The events are:
                - `state`, first, for a reader without a last event: whether the server is read-only, the pipelines, and the sources that are held
                - `signal`, at every change of a source's signal: `pipeline`, `source`, `at`, `signal`, `delayMs`
                - `rates`, every second, for each pipeline: its numbers and rates, those of its stages and of the sources that hold the most
                - `missed`: the number of events that are gone, for a reader that has fallen behind
                - `unavailable`: the reason why the buffers do not reply
                """,
            Headers =
            [
                new TextField(
                    "Last-Event-ID",
                    "the id of the last event that the reader has received; the stream continues after it"
                ),
            ],
            Reply = Bodies.CreateTextReply("The stream, until the reader disconnects.", "text/event-stream"),
            Problems = [ProblemKinds.TooManyReaders],
        };

    Field Max =>
        new IntegerField("max", "the maximum number of records", 1, options.MaxRecords)
        {
            Default = RecordListEndpoints.DefaultMax,
        };
}
