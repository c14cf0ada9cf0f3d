using ConveyorActors.Http.Producing;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the requests for credits.</summary>
/// <param name="options">The limits of the API.</param>
sealed class CreditOperations(ConveyorHttpOptions options)
{
    public Operation RequestCredits =>
        new("RequestCredits", Tags.RecordsIn, "Reserves room for a source's records at a stage.")
        {
            Path = [Parameters.Source],
            Body = Bodies.CreateRequest(
                Parameters.OnlyPipeline,
                Parameters.Stage with
                {
                    IsRequired = true,
                },
                new IntegerField("records", "the records to reserve room for", 1, CreditRequest.MaxRecords)
                {
                    IsRequired = true,
                },
                new IntegerField(
                    "timeToLiveMs",
                    "how long unused room stays reserved",
                    1,
                    CreditRequest.MaxTimeToLiveMs
                )
                {
                    Default = CreditRequest.DefaultTimeToLiveMs,
                },
                Parameters.CreateWait(options, "how long to wait until at least one record is granted"),
                new IntegerField("bytesPerRecord", "the bytes to reserve for each record", 0, int.MaxValue)
                {
                    Default = 0,
                }
            ),
            Reply = Bodies.CreateReply(
                "The credit; fewer records may be granted, or none.",
                ResourceSchemas.CreditGrant
            ),
            Problems =
            [
                .. ProblemKinds.OfJsonBody,
                ProblemKinds.NotFound,
                ProblemKinds.TooManyPipelines,
                ProblemKinds.Draining,
                ProblemKinds.StoreFailing,
            ],
        };

    public Operation GiveBackCredits { get; } =
        new("GiveBackCredits", Tags.RecordsIn, "Returns the unused part of a credit.")
        {
            Path = [Parameters.Source, new IntegerField("credit", "the credit that was granted", 1, long.MaxValue)],
            Query = [Parameters.OnlyPipeline, Parameters.Stage with { IsRequired = true }],
            Reply = Bodies.CreateReply("The part that was unused.", ResourceSchemas.GivenBack),
            Problems = [ProblemKinds.NotFound, ProblemKinds.StoreFailing],
        };
}
