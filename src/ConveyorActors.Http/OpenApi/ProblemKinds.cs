namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes a kind of problem, which is the last part of the problem's type.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Name">The kind, as words joined by dashes.</param>
/// <param name="Description">When the problem occurs.</param>
/// <param name="HasRetryAfter">Whether the reply has the header Retry-After.</param>
sealed record ProblemKind(int Status, string Name, string Description, bool HasRetryAfter = false);

/// <summary>Lists the kinds of problems.</summary>
static class ProblemKinds
{
    /// <summary>The problems of all requests of the API.</summary>
    public static readonly ProblemKind[] Common =
    [
        new(
            400,
            "invalid-request",
            "a parameter, a header or the body is invalid; `detail` names it and what would be right"
        ),
        new(500, "unforeseen", "an internal error, which is in the server's log"),
        new(503, "stopping", "the server is stopping", HasRetryAfter: true),
        new(
            503,
            "unavailable",
            "the buffers cannot be reached now; the request has not taken effect",
            HasRetryAfter: true
        ),
        new(
            504,
            "outcome-unknown",
            "no reply came in time, or the node that had the pipeline is gone; whether the request took effect is not known"
        ),
    ];

    /// <summary>The problems of requests that a server refuses before it routes them.</summary>
    public static readonly ProblemKind NoKey = new(401, "no-key", "the API key is missing or wrong"),
        ForeignOrigin = new(403, "foreign-origin", "the request comes from a page of another site"),
        UnknownHost = new(421, "unknown-host", "the header `Host` is not an address or name of this server");

    public static readonly ProblemKind BadRecord =
            new(
                400,
                "bad-record",
                "a line or item is invalid; it is named, and those before it were offered, unless the body is offered whole"
            ),
        ReadOnly = new(403, "read-only", "the request would change something, and the server is read-only"),
        NotFound = new(404, "not-found", "a name does not exist"),
        NoLease = new(404, "not-found", "there is no such lease: it was settled before, or never existed"),
        TooSlow = new(408, "body-too-slow", "the body arrived too slowly, or took too long"),
        NotPossible = new(409, "not-possible", "the state of the buffers does not allow it"),
        TooManyPipelines =
            new(
                409,
                "too-many-pipelines",
                "the pipeline does not exist, and there are as many pipelines as the server allows"
            ),
        OfferForgotten =
            new(
                409,
                "offer-forgotten",
                "the offer with this `Idempotency-Key` was made so long ago that its result is no longer known"
            ),
        NotSupported = new(501, "not-supported", "the buffer service does not support `Idempotency-Key`"),
        LeaseExpired = new(410, "lease-expired", "the lease's deadline has passed; nothing was changed"),
        BodyTooLarge =
            new(
                413,
                "body-too-large",
                "the body has more bytes than allowed, or more records or bytes than a whole body may have"
            ),
        RecordTooLarge =
            new(
                413,
                "record-too-large",
                "a record is larger than allowed; those before it were offered, unless the body is offered whole"
            ),
        UnsupportedBody =
            new(
                415,
                "unsupported-body",
                "the content type, its character set or the content encoding is not supported"
            ),
        NoRoom = new(429, "no-room", "no record was accepted for lack of room", HasRetryAfter: true),
        Held = new(429, "held", "an operator holds the source", HasRetryAfter: true),
        Draining =
            new(
                503,
                "draining",
                "the pipeline is stopping: it accepts no more records and grants no credits",
                HasRetryAfter: true
            ),
        TooManyReaders =
            new(
                503,
                "too-many-readers",
                "there are as many readers of events as the server allows",
                HasRetryAfter: true
            ),
        StoreFailing =
            new(
                507,
                "store-failing",
                "the disk cannot be written; what the reply counts is in memory until it can",
                HasRetryAfter: true
            );

    /// <summary>The problems of requests whose body is one JSON object.</summary>
    public static readonly ProblemKind[] OfJsonBody = [TooSlow, BodyTooLarge, UnsupportedBody];

    /// <summary>The problems of requests that are carried out as commands of operators.</summary>
    public static readonly ProblemKind[] OfCommand = [NotFound, NotPossible];
}
