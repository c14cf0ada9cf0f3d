using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Producing;

/// <summary>The parameters of a request for credits.</summary>
/// <param name="Pipeline">The pipeline; null: the only one.</param>
/// <param name="Stage">The stage that the records are for.</param>
/// <param name="Source">The source of the records.</param>
/// <param name="Records">The number of records to reserve room for.</param>
/// <param name="TimeToLive">How long unused room stays reserved.</param>
/// <param name="WaitMs">Maximum time to wait for room, in milliseconds. 0: no wait.</param>
/// <param name="BytesPerRecord">The number of bytes to reserve for each record.</param>
sealed record CreditRequest(
    string? Pipeline,
    string Stage,
    string Source,
    int Records,
    TimeSpan TimeToLive,
    long WaitMs,
    int BytesPerRecord
)
{
    public const int DefaultTimeToLiveMs = 30_000;
    public const int MaxTimeToLiveMs = 3_600_000;
    public const int MaxRecords = 2_000_000_000;

    /// <summary>Reads the route and the body of a request.</summary>
    /// <exception cref="HttpProblem">A value is missing or wrong.</exception>
    public static async Task<CreditRequest> ReadAsync(HttpContext context, ConveyorHttpOptions options)
    {
        var source = RouteNames.GetName(context, "source");
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers(
            "pipeline",
            "stage",
            "records",
            "timeToLiveMs",
            "waitMs",
            "bytesPerRecord"
        );
        var stage = RouteNames.Validate(
            body.GetText("stage")
                ?? throw HttpProblem.CreateInvalid(
                    "stage is missing; it must be the name of the stage that the records are for"
                ),
            "stage"
        );
        var records = (int)(
            body.GetNumber("records", 1, MaxRecords)
            ?? throw HttpProblem.CreateInvalid($"records is missing; it must be a whole number from 1 to {MaxRecords}")
        );
        var timeToLive = TimeSpan.FromMilliseconds(
            body.GetNumber("timeToLiveMs", 1, MaxTimeToLiveMs) ?? DefaultTimeToLiveMs
        );
        var wait = body.GetNumber("waitMs", 0, (long)options.MaxWait.TotalMilliseconds) ?? 0;
        var bytes = (int)(body.GetNumber("bytesPerRecord", 0, int.MaxValue) ?? 0);
        return new(body.GetText("pipeline"), stage, source, records, timeToLive, wait, bytes);
    }
}
