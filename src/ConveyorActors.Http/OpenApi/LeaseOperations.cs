using ConveyorActors.Http.Leasing;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the requests that lease and settle records.</summary>
/// <param name="options">The limits of the API.</param>
sealed class LeaseOperations(ConveyorHttpOptions options)
{
    static readonly Field Sequences = new ArrayField(
            "sequences",
            "the sequence numbers of the records; without the member all records of the lease",
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" }
        )
        {
            MaxItems = LeaseEndpoints.MaxSequences,
        },
        Reason = new TextField("reason", $"why the records failed; \"{LeaseEndpoints.DefaultReason}\" by default");

    static readonly ProblemKind[] Problems =
    [
        .. ProblemKinds.OfJsonBody,
        ProblemKinds.NoLease,
        ProblemKinds.LeaseExpired,
        ProblemKinds.StoreFailing,
    ];

    public Operation LeaseRecords =>
        new("LeaseRecords", Tags.RecordsOut, "Leases records, waiting for them up to waitMs.")
        {
            Path = Parameters.OfStage,
            Body = Bodies.CreateRequest(
                new IntegerField("max", "the maximum number of records", 1, options.MaxRecords)
                {
                    Default = LeaseEndpoints.DefaultMax,
                },
                Parameters.CreateWait(options, "how long to wait for records"),
                Parameters.CreateName("consumer", "the name of the consumer, for inspection"),
                new IntegerField(
                    "timeoutMs",
                    "how long the lease lasts; by default the lease timeout of the stage",
                    1,
                    LeaseEndpoints.MaxTimeoutMs
                )
            ),
            Reply = Bodies.CreateReply("The leased records; none if no record waits.", ResourceSchemas.Lease),
            Problems = [.. ProblemKinds.OfJsonBody, ProblemKinds.TooManyPipelines, ProblemKinds.StoreFailing],
        };

    public Operation CompleteLease { get; } =
        CreateSettling("CompleteLease", "Settles all or some records of a lease.", Sequences);

    public Operation ReturnLease { get; } =
        CreateSettling(
            "ReturnLease",
            "Returns failed records of a lease to their stage, with a reason.",
            Sequences,
            Reason,
            new FlagField("charge", "whether the return counts as a failed attempt, with a backoff") { Default = true }
        );

    public Operation DeadLetterLease { get; } =
        CreateSettling("DeadLetterLease", "Puts records of a lease among the stage's dead letters.", Sequences, Reason);

    public Operation ExtendLease { get; } =
        CreateSettling("ExtendLease", "Gives a lease its own duration again, from now.");

    static Operation CreateSettling(string id, string summary, params Field[] members) =>
        new(id, Tags.RecordsOut, summary)
        {
            Path = [Parameters.Lease],
            Query = [Parameters.CreateAck("the changes")],
            Body = Bodies.CreateRequest(members),
            Reply = Bodies.CreateReply("What was changed.", ResourceSchemas.SettleResult),
            Problems = Problems,
        };
}
