namespace ConveyorActors.Http.OpenApi;

/// <summary>Lists the schemas of limits and credits, and of the replies to an operator's changes.</summary>
static class ChangeSchemas
{
    static readonly Field Pipeline = new TextField("pipeline", "the pipeline"),
        Stage = new TextField("stage", "the stage"),
        Source = new TextField("source", "the source");

    /// <summary>The room of a pipeline or a source.</summary>
    static readonly Field[] Room =
    [
        new CountField("limit", "the limit in records"),
        new CountField("used", "room taken, in records"),
        new CountField("granted", "room promised by credits, in records"),
        new IntegerField("free", "room left, in records; negative after a limit was lowered"),
    ];

    static readonly NamedSchema SourceCredits = new(
        "SourceCredits",
        "The credits of a source.",
        [Source, .. Room, new IntegerField("available", "records that could be granted now")]
    );

    public static readonly NamedSchema Credits = new(
        "Credits",
        "The room of a pipeline and the credits of a source; with `stage` only the credits available at that stage.",
        [
            Pipeline,
            .. Room.Select(f => f with { IsOptional = true }),
            new ArrayField("sources", "the source, if it exists", SourceCredits.Refer()) { IsOptional = true },
            Source with
            {
                IsOptional = true,
            },
            Stage with
            {
                IsOptional = true,
            },
            new IntegerField("available", "records that could be granted now at the stage") { IsOptional = true },
        ]
    );

    public static readonly NamedSchema Limits = new(
        "Limits",
        "The limits of a pipeline.",
        [Pipeline, .. LimitFields.All]
    );

    static readonly NamedSchema LimitEffect = new(
        "LimitEffect",
        "A level that would be over its new limit, or would drop records to meet it.",
        new TextField("level", "`manager`, `stage NAME` or `source NAME`"),
        new CountField("used", "room taken now, in records"),
        new CountField("newLimit", "the new limit, in records"),
        new CountField("usedBytes", "room taken now, in bytes; null: the level will have no limit in bytes")
        {
            IsNullable = true,
        },
        new CountField("newLimitBytes", "the new limit, in bytes; null: there is none") { IsNullable = true },
        new CountField("evicted", "records dropped at once, at stages that drop their oldest"),
        new CountField("refusedUntil", "records to be settled before the next offer is accepted")
    );

    static readonly NamedSchema PausedSource = new(
        "PausedSource",
        "A source that the new limits pause.",
        new TextField("pausedSource", "the source")
    );

    public static readonly NamedSchema LimitChange = new(
        "LimitChange",
        "The new limits and their effects.",
        [
            Pipeline,
            .. LimitFields.All,
            new FlagField("planned", "whether nothing was changed: `dryRun=true`"),
            new ArrayField("effects", "the levels that are affected", LimitEffect.Refer()),
            new ArrayField("paused", "the sources that are paused", PausedSource.Refer()),
        ]
    );

    public static readonly NamedSchema DeadLetterChange = new(
        "DeadLetterChange",
        "The dead letters that were replayed or purged.",
        Pipeline,
        Stage,
        new CountField("replayed", "dead letters that were replayed") { IsOptional = true },
        new CountField("purged", "dead letters that were purged") { IsOptional = true },
        new CountField("left", "dead letters that are left")
    );

    public static readonly NamedSchema HoldChange = new(
        "HoldChange",
        "An operator's hold.",
        Pipeline,
        new ChoiceField("target", "whether it is a source or a stage", "source", "stage"),
        new TextField("name", "the name of the source or stage"),
        new FlagField("held", "whether it is held now"),
        new FlagField("changed", "whether that has changed")
    );

    static readonly NamedSchema RemainingStage = new(
        "RemainingStage",
        "Records that remain in a stage.",
        Stage,
        new CountField("remaining", "the records")
    );

    public static readonly NamedSchema Drained = new(
        "Drained",
        "What a stop of a pipeline has settled and left.",
        Pipeline,
        new CountField("settled", "records settled during the stop"),
        new CountField("remaining", "records that remain"),
        new FlagField("durable", "whether those that remain are on disk"),
        new ArrayField("remainingByStage", "the stages with records that remain", RemainingStage.Refer())
    );

    public static readonly NamedSchema[] All =
    [
        SourceCredits,
        Credits,
        Limits,
        LimitEffect,
        PausedSource,
        LimitChange,
        DeadLetterChange,
        HoldChange,
        RemainingStage,
        Drained,
    ];
}
