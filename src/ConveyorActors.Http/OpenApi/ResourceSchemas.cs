namespace ConveyorActors.Http.OpenApi;

/// <summary>Lists the schemas of the replies about records, leases and credits.</summary>
static class ResourceSchemas
{
    public static readonly NamedSchema RecordList = new(
        "RecordList",
        "Records that wait, in order.",
        new ArrayField("records", "the records", SharedSchemas.BufferedRecord.Refer())
    );

    public static readonly NamedSchema DeadLetterList = new(
        "DeadLetterList",
        "Dead letters, oldest first.",
        new ArrayField("deadLetters", "the dead letters", SharedSchemas.DeadLetter.Refer())
    );

    public static readonly NamedSchema Lease = new(
        "Lease",
        "Leased records; none if no record waits.",
        new TextField("leaseId", "the id by which the records are settled; null: no record waits")
        {
            IsNullable = true,
        },
        new TimeField("deadline", "until when the records must be settled; null: no record waits")
        {
            IsNullable = true,
        },
        new ArrayField("records", "the records, in order", SharedSchemas.BufferedRecord.Refer())
    );

    public static readonly NamedSchema SettleResult = new(
        "SettleResult",
        "What a lease's request changed.",
        SharedSchemas.Settled
    );

    public static readonly NamedSchema CreditGrant = new(
        "CreditGrant",
        "Room promised to a source at a stage.",
        new IntegerField("credit", "the credit, for offers; null: none was granted", 1) { IsNullable = true },
        new CountField("records", "the records it has room for"),
        new TimeField("expiresAt", "when unused room expires; null: none was granted") { IsNullable = true },
        SharedSchemas.CreateSignal(),
        new CountField("delayMs", "milliseconds to wait before the next offer, with `SlowDown`"),
        new IntegerField("available", "the records that could be granted now")
    );

    public static readonly NamedSchema GivenBack = new(
        "GivenBack",
        "The unused part of a credit.",
        new CountField("givenBack", "the records that it still had room for")
    );

    public static readonly NamedSchema[] All =
    [
        RecordList,
        DeadLetterList,
        Lease,
        SettleResult,
        CreditGrant,
        GivenBack,
    ];
}
