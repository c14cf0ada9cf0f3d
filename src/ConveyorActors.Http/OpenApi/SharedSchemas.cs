namespace ConveyorActors.Http.OpenApi;

/// <summary>Lists the schemas that several kinds of resources share.</summary>
static class SharedSchemas
{
    /// <summary>The members of the reply to an offer, which its problems have, too.</summary>
    static readonly Field[] Offered =
    [
        new CountField("accepted", "records that are in the buffer now"),
        new CountField("refused", "records of the body that are not accepted, and must be sent again"),
        new CountField("consumed", "records from the first that need not be sent again"),
        new CountField("evicted", "older records that were dropped, at a stage that drops its oldest"),
        new ChoiceField(
            "reason",
            "the reason that stopped the offer, or the outcome of records; null: none",
            [.. Enum.GetNames<OfferStatus>().Skip(1)]
        )
        {
            IsNullable = true,
        },
        CreateSignal(isNullable: true),
        new CountField("delayMs", "milliseconds to wait before the next offer, with `SlowDown`") { IsNullable = true },
        new IntegerField("credits", "the smaller of the free room of pipeline and source, in records")
        {
            IsNullable = true,
        },
    ];

    /// <summary>The members of the reply to a settlement, which its problems may have, too.</summary>
    public static readonly Field[] Settled =
    [
        new CountField("settled", "records that are no longer leased"),
        new CountField("deadLettered", "those of them that became dead letters"),
    ];

    /// <summary>The members of a record that consumers receive.</summary>
    static readonly Field[] Contents =
    [
        new TextField("id", "the id, if the record has one") { IsOptional = true },
        new TextField("key", "the key, if the record has one") { IsOptional = true },
        new TimeField("eventTime", "the event's time, if the record has one") { IsOptional = true },
        new TextsField("headers", "the headers, if the record has any") { IsOptional = true },
        new TextField("text", "the payload, if it is UTF-8") { IsOptional = true },
        new TextField("base64", "the payload, if it is not UTF-8") { IsOptional = true },
    ];

    static readonly Field[] Origin =
    [
        new IntegerField("sequence", "the record's number in its stage", 1),
        new TextField("source", "the record's source"),
        new TimeField("bufferedAt", "when the record was accepted"),
        new CountField("retries", "how often the record was returned as failed"),
    ];

    public static readonly NamedSchema Problem = new(
        "Problem",
        "The problem of a request (RFC 9457). The members from `accepted` on are those of offers, and of settlements.",
        [
            new TextField("type", "the kind of the problem, such as `urn:conveyor:problem:not-found`"),
            new TextField("title", "the words of the status"),
            new IntegerField("status", "the status code", 400, 599),
            new TextField("detail", "a sentence that names the thing, its value and what would be right"),
            new IntegerField("line", "the number of the invalid line", 1) { IsOptional = true },
            new IntegerField("item", "the number of the invalid item of an array", 1) { IsOptional = true },
            .. Offered.Select(f => f with { IsOptional = true }),
            .. Settled.Select(f => f with { IsOptional = true }),
        ]
    );

    public static readonly NamedSchema OfferResult = new("OfferResult", "What became of a body's records.", Offered);

    public static readonly NamedSchema OfferedRecord = new(
        "OfferedRecord",
        "A record with its metadata, as offered with `body=records`. It has one of `text`, `base64` and `json`.",
        new TextField("id", "the id, by which duplicates are suppressed") { IsOptional = true, IsNullable = true },
        new TextField("key", "the key") { IsOptional = true, IsNullable = true },
        new TextsField("headers", "the headers") { IsOptional = true },
        new TimeField("eventTime", "the event's time") { IsOptional = true, IsNullable = true },
        new TextField("text", "the payload as text") { IsOptional = true },
        new TextField("base64", "the payload in base64") { IsOptional = true },
        new AnyField("json", "the payload as a JSON value") { IsOptional = true }
    );

    public static readonly NamedSchema BufferedRecord = new(
        "BufferedRecord",
        "A record in a stage. Its payload is `text` or, if that is not UTF-8, `base64`.",
        [.. Origin, .. Contents]
    );

    public static readonly NamedSchema DeadLetter = new(
        "DeadLetter",
        "A record that its stage gave up on.",
        [
            .. Origin,
            new ChoiceField("reason", "why the stage gave up on the record", Enum.GetNames<LossReason>()),
            new TextField("error", "the reason that consumers gave"),
            new TimeField("at", "when the record became a dead letter"),
            .. Contents,
        ]
    );

    public static readonly NamedSchema[] All = [Problem, OfferResult, OfferedRecord, BufferedRecord, DeadLetter];

    /// <summary>Returns the member with the signal that a source should follow.</summary>
    public static Field CreateSignal(bool isNullable = false) =>
        new ChoiceField(
            "signal",
            "the signal that the source should follow",
            Enum.GetNames<Buffers.Flow.BackpressureKind>()
        )
        {
            IsNullable = isNullable,
        };
}
