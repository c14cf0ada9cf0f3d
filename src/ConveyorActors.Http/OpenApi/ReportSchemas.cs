namespace ConveyorActors.Http.OpenApi;

/// <summary>Lists the schemas of the numbers of pipelines, stages and sources.</summary>
static class ReportSchemas
{
    const string Pipeline = "pipeline";

    static readonly Field[] Level =
    [
        new CountField("buffered", "records that wait"),
        new CountField("inFlight", "records that consumers hold"),
        new CountField("granted", "room promised by credits, in records"),
        new CountField("hopping", "results of hops that wait for room"),
        new CountField("stored", "records from before the start that wait in the store for room"),
        new CountField("pending", "records that are buffered, in flight, hopping or stored"),
        new CountField("pendingBytes", "bytes that are buffered or in flight"),
        new CountField("used", "room taken, in records"),
        new CountField("limit", "the limit in records"),
        new CountField("limitBytes", "the limit in bytes; null: none") { IsNullable = true },
        new IntegerField("free", "room left, in records; negative after a limit was lowered"),
        new NumberField("fill", "the fill by records or by bytes, whichever is more; 1: full"),
        new NumberField("meanFill", "the mean fill since the level was created"),
        new NumberField("oldestSeconds", "how long the oldest record has waited"),
        new NumberField("meanWaitSeconds", "the mean time that records waited for a lease"),
        new CountField("offered", "records offered so far"),
        new CountField("accepted", "records accepted so far"),
        new CountField(
            "refused",
            "records refused so far, which stayed with the caller, and results that were duplicates"
        ),
        new CountField("completed", "records completed so far"),
        new CountField("dropped", "records dropped by a full stage, or damaged on disk, so far"),
        new CountField("expired", "records expired so far"),
        new CountField("deadLettered", "records dead-lettered so far"),
        new CountField("retries", "returns charged as retries so far"),
    ];

    public static readonly Field Name = new TextField(Pipeline, "the pipeline"),
        Stage = new TextField("stage", "the stage"),
        Source = new TextField("source", "the source"),
        State = new ChoiceField("state", "the pipeline's state", "Running", "Draining", "Stopped"),
        Delay = new NumberField("delaySeconds", "seconds to wait before the next offer, with `SlowDown`");

    static readonly NamedSchema Hold = new(
        "Hold",
        "A source or stage that an operator holds; it need not exist yet.",
        new ChoiceField("target", "whether a source or a stage is held", "source", "stage"),
        new TextField("name", "the name of the source or stage"),
        new TimeField("since", "when the hold began")
    );

    static readonly Field Holds = new ArrayField("holds", "what an operator holds", Hold.Refer());

    static readonly NamedSchema PipelineRow = new(
        "PipelineNumbers",
        "The numbers of a pipeline.",
        [
            Name,
            State,
            new CountField("stages", "the number of stages"),
            new CountField("sources", "the number of sources"),
            .. Level,
            new CountField("holds", "the number of sources and stages that an operator holds"),
        ]
    );

    static readonly NamedSchema Failure = new(
        "PipelineFailure",
        "A pipeline whose numbers could not be read.",
        new TextField("failedPipeline", "the pipeline"),
        new TextField("reason", "the reason")
    );

    static readonly NamedSchema StageRow = new(
        "StageNumbers",
        "The numbers of a stage.",
        [
            Stage,
            .. Level,
            new CountField("leases", "open leases"),
            new CountField("deadLetters", "dead letters"),
            new CountField("deadLetterBytes", "bytes of the dead letters"),
            new CountField("deadLettersDiscarded", "dead letters that were discarded to make room for newer ones"),
            new CountField("waitingOffers", "offers that wait for room"),
            new CountField("waitingConsumers", "consumers that wait for records"),
        ]
    );

    static readonly NamedSchema SourceRow = new(
        "SourceNumbers",
        "The numbers of a source.",
        [
            Source,
            SharedSchemas.CreateSignal(),
            Delay,
            .. Level,
            new IntegerField("credits", "room that the source could get now, in records"),
            new CountField("budgetGranted", "records that the source may have in this pipeline; null: it has no budget")
            {
                IsNullable = true,
            },
            new CountField("budget", "records that the source may have in all pipelines; null: it has no budget")
            {
                IsNullable = true,
            },
            new CountField("budgetGrantedInAll", "room granted to all pipelines; null: it has no budget")
            {
                IsNullable = true,
            },
        ]
    );

    static readonly Field[] Loss =
    [
        Stage,
        Source,
        new ChoiceField("reason", "the reason", Enum.GetNames<LossReason>()),
        new CountField("count", "the number of records"),
    ];

    static readonly NamedSchema LossRow = new("Loss", "Records lost or refused for one reason.", Loss);

    static readonly Field Stages = new ArrayField("stages", "the stages", StageRow.Refer()),
        Sources = new ArrayField("sources", "the sources", SourceRow.Refer());

    public static readonly NamedSchema PipelineList = new(
        "PipelineList",
        "The pipelines with their numbers. If some could not be read, `failures` has them.",
        new ArrayField("pipelines", "the pipelines that could be read", PipelineRow.Refer()) { IsOptional = true },
        new ArrayField("failures", "the pipelines that could not be read", Failure.Refer()) { IsOptional = true }
    );

    public static readonly NamedSchema StageList = new(
        "StageList",
        "The stages of a pipeline, and those that an operator holds.",
        Name,
        Stages,
        Holds
    );

    public static readonly NamedSchema SourceList = new(
        "SourceList",
        "The sources of a pipeline, and those that an operator holds.",
        Name,
        Sources,
        Holds
    );

    public static readonly NamedSchema Stats = new(
        "Stats",
        "All numbers of a pipeline, taken at one moment.",
        [
            Name,
            State,
            new FlagField("conserved", "whether everything adds up at every level"),
            .. Level,
            Stages,
            Sources,
            new ArrayField("losses", "the losses by reason", LossRow.Refer()),
            Holds,
        ]
    );

    static readonly NamedSchema AuditLevel = new(
        "AuditLevel",
        "The balance of a level.",
        [
            Name,
            new TextField("level", "`manager`, `stage NAME` or `source NAME`"),
            .. Level.Where(f =>
                f.Name
                    is "offered"
                        or "completed"
                        or "refused"
                        or "dropped"
                        or "expired"
                        or "deadLettered"
                        or "pending"
                        or "used"
                        or "granted"
                        or "buffered"
                        or "inFlight"
            ),
            new FlagField("recordsConserved", "whether offered = completed + lost + pending"),
            new FlagField("roomConserved", "whether used = granted + buffered + in flight"),
            new FlagField("conserved", "whether both add up"),
        ]
    );

    static readonly NamedSchema AuditLoss = new(
        "AuditLoss",
        "Records of a pipeline lost or refused for one reason.",
        [Name, .. Loss]
    );

    public static readonly NamedSchema Audit = new(
        "Audit",
        "The balance of every level.",
        new FlagField("conserved", "whether every level adds up"),
        new CountField("levelsNotConserved", "the number of levels that do not add up"),
        new ArrayField("levels", "the levels", AuditLevel.Refer()),
        new ArrayField("losses", "the losses by reason", AuditLoss.Refer())
    );

    static readonly NamedSchema Reason = new(
        "Reason",
        "A limit or an operator that holds a source.",
        new TextField(
            "limit",
            "`manager`, `stage NAME`, `source NAME`, `store`, `hold on ...` for an operator's hold, or `backlog of source NAME` for records from before the start that are only in the store: offers to their stages are refused until they are loaded"
        ),
        new FlagField("byOperator", "whether an operator holds it"),
        new CountField("used", "room taken, in records; of a backlog, the records that are not loaded yet"),
        new CountField("of", "the limit, in records; of a backlog, all pending records of the source"),
        new CountField("usedBytes", "room taken, in bytes; null: the limit is not in bytes") { IsNullable = true },
        new CountField("ofBytes", "the limit, in bytes; null: there is none") { IsNullable = true },
        new NumberField("fill", "the fill by records or by bytes, whichever is more; 1: full"),
        new NumberField("sinceSeconds", "for how long"),
        new TextField("owedBy", "the consumer or lease that holds the room the longest; null: none")
        {
            IsNullable = true,
        },
        new CountField("owedRecords", "the records that it holds; null: none") { IsNullable = true },
        new NumberField("owedSeconds", "for how long it has held them; null: none") { IsNullable = true },
        new NumberField("expectedInSeconds", "when the source should resume; null: not known") { IsNullable = true }
    );

    public static readonly NamedSchema Why = new(
        "Why",
        "Why a source is held.",
        Name,
        Source,
        SharedSchemas.CreateSignal(),
        Delay,
        new ArrayField("reasons", "the reasons; empty: nothing holds it", Reason.Refer()),
        Holds
    );

    public static readonly NamedSchema[] All =
    [
        Hold,
        PipelineRow,
        Failure,
        StageRow,
        SourceRow,
        LossRow,
        PipelineList,
        StageList,
        SourceList,
        Stats,
        AuditLevel,
        AuditLoss,
        Audit,
        Reason,
        Why,
    ];
}
