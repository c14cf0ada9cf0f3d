using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>All numbers of one pipeline, taken at one moment.</summary>
/// <param name="Pipeline">Its name.</param>
/// <param name="Total">The manager's own level.</param>
/// <param name="Stages">Each stage, by name.</param>
/// <param name="Sources">Each source, by name.</param>
/// <param name="Losses">The ledger: what did not go through, by stage, source and reason.</param>
/// <param name="State">Running, Draining or Stopped.</param>
public sealed record PipelineSnapshot(
    string Pipeline,
    LevelSnapshot Total,
    IReadOnlyList<StageSnapshot> Stages,
    IReadOnlyList<SourceSnapshot> Sources,
    IReadOnlyList<LossRow> Losses,
    string State
)
{
    /// <summary>Each stage, by name.</summary>
    public IReadOnlyList<StageSnapshot> Stages
    {
        get;
        init => field = Plain.Array(value);
    } = Plain.Array(Stages);

    /// <summary>Each source, by name.</summary>
    public IReadOnlyList<SourceSnapshot> Sources
    {
        get;
        init => field = Plain.Array(value);
    } = Plain.Array(Sources);

    /// <summary>The ledger: what did not go through, by stage, source and reason.</summary>
    public IReadOnlyList<LossRow> Losses
    {
        get;
        init => field = Plain.Array(value);
    } = Plain.Array(Losses);

    /// <summary>The operators' holds, sources first, by name. A held source or stage need not exist yet.</summary>
    public IReadOnlyList<OperatorHold> Holds
    {
        get;
        init => field = Plain.Array(value);
    } = [];

    /// <summary>The limits in force; null when the peer is of a version that does not send them.</summary>
    public BufferSettings? Settings { get; init; }

    /// <summary>True when every level conserves its records and its room.</summary>
    public bool IsConserved =>
        Total.IsConserved && Stages.All(s => s.Level.IsConserved) && Sources.All(s => s.Level.IsConserved);

    /// <summary>Compares by value.</summary>
    public bool Equals(PipelineSnapshot? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && Pipeline == other.Pipeline
            && Total == other.Total
            && State == other.State
            && Stages.SequenceEqual(other.Stages)
            && Sources.SequenceEqual(other.Sources)
            && Losses.SequenceEqual(other.Losses)
            && Holds.SequenceEqual(other.Holds)
            && Settings == other.Settings;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Pipeline, Total, State);
}

/// <summary>The numbers that every level (manager, stage, source) has.</summary>
public sealed record LevelSnapshot
{
    /// <summary>The limit in records.</summary>
    public required long Limit { get; init; }

    /// <summary>The limit in bytes, null when there is none.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Records that wait.</summary>
    public required long Buffered { get; init; }

    /// <summary>Bytes that are buffered or in flight.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Records that consumers hold.</summary>
    public required long InFlight { get; init; }

    /// <summary>
    /// Room promised by credits, and room that results on their way between two stages have taken over.
    /// </summary>
    public required long Granted { get; init; }

    /// <summary>Room taken, as admission counts it. Equal to granted + buffered + in flight.</summary>
    public required long Used { get; init; }

    /// <summary>
    /// Results of hops that wait for room. They are pending, and take no room yet beyond what is in
    /// <see cref="Granted"/>. For a moment, between the two stages of a hop, they are the manager's and the source's
    /// only.
    /// </summary>
    public long Hopping { get; init; }

    /// <summary>
    /// Records from before the start that wait in the store until there is room for them. They are pending, and take no
    /// room yet.
    /// </summary>
    public long Stored { get; init; }

    /// <summary>Records offered so far, results of hops and replayed dead letters among them.</summary>
    public required long Offered { get; init; }

    /// <summary>Records accepted so far.</summary>
    public required long Accepted { get; init; }

    /// <summary>Records refused so far; they stayed with the caller.</summary>
    public required long Refused { get; init; }

    /// <summary>Records completed so far.</summary>
    public required long Completed { get; init; }

    /// <summary>Records dropped by a rule so far.</summary>
    public required long Dropped { get; init; }

    /// <summary>Records expired so far.</summary>
    public required long Expired { get; init; }

    /// <summary>Records dead-lettered so far.</summary>
    public required long DeadLettered { get; init; }

    /// <summary>Returns charged so far.</summary>
    public long Retries { get; init; }

    /// <summary>How long the oldest buffered record has waited; zero when there is none.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>The mean time that leased records had waited.</summary>
    public TimeSpan MeanWait { get; init; }

    /// <summary>The mean of the fill over time since the level was created.</summary>
    public double MeanFill { get; init; }

    /// <summary>The fill now, by records or by bytes, whichever is more.</summary>
    public double Fill { get; init; }

    /// <summary>Room that is neither used nor promised; negative only after a limit was lowered.</summary>
    public long Free => Limit - Used;

    /// <summary>Buffered, in flight, on their way between two stages, or still in the store.</summary>
    public long Pending => Buffered + InFlight + Hopping + Stored;

    /// <summary>limit = free + granted + buffered + in flight.</summary>
    public bool RoomIsConserved => Used == Granted + Buffered + InFlight;

    /// <summary>offered = settled + ledgered + pending.</summary>
    public bool RecordsAreConserved => Offered == Completed + Dropped + Expired + DeadLettered + Refused + Pending;

    /// <summary>Both.</summary>
    public bool IsConserved => RoomIsConserved && RecordsAreConserved;
}

/// <summary>One stage.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Level">Its numbers.</param>
/// <param name="Leases">The leases that are out.</param>
/// <param name="DeadLetters">Dead letters kept now.</param>
/// <param name="DeadLettersDiscarded">Dead letters that were purged or gave way to newer ones.</param>
/// <param name="WaitingOffers">Offers and requests for credits that wait for room.</param>
/// <param name="WaitingConsumers">Consumers that wait for records.</param>
public sealed record StageSnapshot(
    string Stage,
    LevelSnapshot Level,
    IReadOnlyList<LeaseSnapshot> Leases,
    int DeadLetters,
    long DeadLettersDiscarded,
    int WaitingOffers,
    int WaitingConsumers
)
{
    /// <summary>The bytes of the dead letters kept now: their records and error texts.</summary>
    public long DeadLetterBytes { get; init; }

    /// <summary>The leases that are out.</summary>
    public IReadOnlyList<LeaseSnapshot> Leases
    {
        get;
        init => field = Plain.Array(value);
    } = Plain.Array(Leases);

    /// <summary>Compares by value.</summary>
    public bool Equals(StageSnapshot? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && Stage == other.Stage
            && Level == other.Level
            && Leases.SequenceEqual(other.Leases)
            && DeadLetters == other.DeadLetters
            && DeadLetterBytes == other.DeadLetterBytes
            && DeadLettersDiscarded == other.DeadLettersDiscarded
            && WaitingOffers == other.WaitingOffers
            && WaitingConsumers == other.WaitingConsumers;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Stage, Level);
}

/// <summary>One source.</summary>
/// <param name="Source">Its name.</param>
/// <param name="Level">Its numbers, over all stages.</param>
/// <param name="Signal">What it was last told.</param>
/// <param name="AvailableCredits">What it could reserve now, in records.</param>
public sealed record SourceSnapshot(
    string Source,
    LevelSnapshot Level,
    BackpressureSignal Signal,
    long AvailableCredits
)
{
    /// <summary>Gets the source's budget over the cluster; null when it has none, or it is not known yet.</summary>
    public SourceBudget? Budget { get; init; }
}

/// <summary>
/// What one pipeline knows of a source's budget over all pipelines of a cluster, in records. It is as of the budget's
/// last reply.
/// </summary>
/// <param name="Granted">The most that this pipeline may hold of the source.</param>
/// <param name="Limit">The most that all pipelines may hold together.</param>
/// <param name="GrantedInAll">What is granted to all pipelines.</param>
public sealed record SourceBudget(long Granted, long Limit, long GrantedInAll);

/// <summary>One lease that is out.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Consumer">Who holds it, when the consumer gave a name.</param>
/// <param name="Records">Records still open in it.</param>
/// <param name="Age">How long it has been out.</param>
/// <param name="Deadline">When its records go back.</param>
public sealed record LeaseSnapshot(long Id, string? Consumer, int Records, TimeSpan Age, DateTimeOffset Deadline);

/// <summary>One line of the ledger.</summary>
/// <param name="Stage">Where.</param>
/// <param name="Source">Whose.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
public sealed record LossRow(string Stage, string Source, LossReason Reason, long Count);
