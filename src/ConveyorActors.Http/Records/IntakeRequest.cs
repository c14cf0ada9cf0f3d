using System.Security.Cryptography;
using System.Text;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>The parameters that a request gives for the records in its body.</summary>
sealed class IntakeRequest
{
    /// <summary>
    /// The minimum wait, in milliseconds: a buffer on another node must have the time to accept what it has room for.
    /// </summary>
    public const int MinWaitMs = 50;

    /// <summary>The maximum length of an idempotency key.</summary>
    public const int MaxKeyLength = 255;

    public static readonly string[] BodyChoices = ["payloads", "records"];

    static readonly string[] Parameters =
    [
        "source",
        AckReader.Parameter,
        "body",
        "idField",
        "whole",
        "credit",
        "waitMs",
    ];

    /// <exception cref="HttpProblem">A parameter is wrong; nothing of the body was read.</exception>
    public IntakeRequest(HttpContext context, IBufferService service, ConveyorHttpOptions options)
    {
        QueryReader.ValidateNames(context, Parameters);
        Pipeline = RouteNames.GetName(context, "pipeline");
        Stage = RouteNames.GetName(context, "stage");
        Source = RouteNames.Validate(
            QueryReader.GetText(context, "source")
                ?? throw HttpProblem.CreateInvalid("source is missing; it must be the name of a source: ?source=NAME"),
            "source"
        );
        AckLevel = AckReader.Read(context, service);
        IsWrapped = QueryReader.GetChoice(context, "body", BodyChoices) == 1;
        IdField = QueryReader.GetText(context, "idField");
        Format = BodyFormats.Detect(context.Request);
        IsGzip = BodyFormats.IsGzip(context.Request);
        if (IdField is not null && (IsWrapped || Format == BodyFormat.Lines))
            throw HttpProblem.CreateInvalid(
                "idField",
                IdField,
                "left out: only a body of JSON payloads has such members"
            );
        Key = ReadKey(context, Stage, Source);
        IsWhole = QueryReader.GetFlag(context, "whole") || Key is not null;
        var credit = QueryReader.GetNumber(context, "credit", 1, long.MaxValue);
        if (credit is { } id)
            Credits = new(id, Stage, Source, 1, default);
        if (IsWhole && Credits is not null)
            throw HttpProblem.CreateInvalid(
                "credit",
                $"{credit}",
                "left out if the body is accepted whole, which reserves its own room"
            );
        Wait = TimeSpan.FromMilliseconds(
            Math.Max(
                MinWaitMs,
                QueryReader.GetNumber(context, "waitMs", 0, (long)options.MaxWait.TotalMilliseconds)
                    ?? options.MaxWait.TotalMilliseconds
            )
        );
    }

    public string Pipeline { get; }

    public string Stage { get; }

    public string Source { get; }

    public AckLevel AckLevel { get; }

    public BodyFormat Format { get; }

    public bool IsGzip { get; }

    /// <summary>
    /// Gets whether the items of the body are records with ids, keys and headers; otherwise they are payloads.
    /// </summary>
    public bool IsWrapped { get; }

    /// <summary>
    /// Gets the name of the payload's member that holds the record's id; null: the records have no ids.
    /// </summary>
    public string? IdField { get; }

    /// <summary>Gets whether the body is accepted whole or not at all.</summary>
    public bool IsWhole { get; }

    /// <summary>
    /// Gets the id of an offer that is accepted only once even if the request is repeated; null: the request has no
    /// idempotency key.
    /// </summary>
    public OfferId? Key { get; }

    public CreditGrant? Credits { get; }

    /// <summary>Gets how long the request may wait for room if the stage's full mode is Wait.</summary>
    public TimeSpan Wait { get; }

    /// <summary>
    /// Returns the id of the offer. A key of one source at one stage does not suppress an offer of another source or to
    /// another stage.
    /// </summary>
    static OfferId? ReadKey(HttpContext context, string stage, string source)
    {
        if (!context.Request.Headers.TryGetValue("Idempotency-Key", out var values))
            return null;
        var key = values.ToString();
        if (string.IsNullOrWhiteSpace(key))
            throw HttpProblem.CreateInvalid(
                "Idempotency-Key is empty; it must be a text of the client's choice, or left out"
            );
        if (key.Length > MaxKeyLength)
            throw HttpProblem.CreateInvalid(
                $"Idempotency-Key has {key.Length} characters; it must have at most {MaxKeyLength}"
            );
        return new(new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{stage}\n{source}\n{key}")).AsSpan(0, 16)), 1);
    }
}
