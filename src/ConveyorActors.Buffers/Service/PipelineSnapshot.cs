using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>Contains all numbers of one pipeline, taken at one moment.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Total">The numbers of the manager as a whole.</param>
/// <param name="Stages">The stages, by name.</param>
/// <param name="Sources">The sources, by name.</param>
/// <param name="Losses">The ledger: records that did not go through, by stage, source and reason.</param>
/// <param name="State">The state: Running, Draining or Stopped.</param>
public sealed record PipelineSnapshot(
    string Pipeline,
    LevelSnapshot Total,
    IReadOnlyList<StageSnapshot> Stages,
    IReadOnlyList<SourceSnapshot> Sources,
    IReadOnlyList<LossRow> Losses,
    string State
)
{
    /// <summary>Gets the stages, by name.</summary>
    public IReadOnlyList<StageSnapshot> Stages
    {
        get;
        init => field = PlainLists.ToPlainArray(value);
    } = PlainLists.ToPlainArray(Stages);

    /// <summary>Gets the sources, by name.</summary>
    public IReadOnlyList<SourceSnapshot> Sources
    {
        get;
        init => field = PlainLists.ToPlainArray(value);
    } = PlainLists.ToPlainArray(Sources);

    /// <summary>Gets the ledger: records that did not go through, by stage, source and reason.</summary>
    public IReadOnlyList<LossRow> Losses
    {
        get;
        init => field = PlainLists.ToPlainArray(value);
    } = PlainLists.ToPlainArray(Losses);

    /// <summary>Gets the operators' holds, sources first, by name. A held source or stage need not exist yet.</summary>
    public IReadOnlyList<OperatorHold> Holds
    {
        get;
        init => field = PlainLists.ToPlainArray(value);
    } = [];

    /// <summary>
    /// Gets the limits in force; null when the snapshot comes from a version that does not send them.
    /// </summary>
    public BufferSettings? Settings { get; init; }

    /// <summary>Gets whether <see cref="LevelSnapshot.IsConserved"/> is true at every level.</summary>
    public bool IsConserved =>
        Total.IsConserved && Stages.All(s => s.Level.IsConserved) && Sources.All(s => s.Level.IsConserved);

    /// <summary>Returns whether both snapshots are equal by value.</summary>
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

/// <summary>Contains the numbers of one level: a manager, a stage or a source.</summary>
public sealed record LevelSnapshot
{
    /// <summary>Gets the limit in records.</summary>
    public required long Limit { get; init; }

    /// <summary>Gets the limit in bytes; null when there is none.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>
    /// Gets the number of records that wait and take room. Records that were accepted since the start and let go of
    /// memory are included, because they keep their room.
    /// </summary>
    public required long Buffered { get; init; }

    /// <summary>Gets the bytes that are buffered or in flight.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Gets the number of records that consumers hold.</summary>
    public required long InFlight { get; init; }

    /// <summary>
    /// Gets the room promised by credits, plus the room taken over by results that are on their way between two stages,
    /// in records.
    /// </summary>
    public required long Granted { get; init; }

    /// <summary>
    /// Gets the room taken, as admission counts it, in records. Equal to granted + buffered + in flight.
    /// </summary>
    public required long Used { get; init; }

    /// <summary>
    /// Gets the number of results of hops that wait for room. They are pending, and take no room yet beyond
    /// <see cref="Granted"/>. For a moment, between the two stages of a hop, only the manager and the source count
    /// them.
    /// </summary>
    public long Hopping { get; init; }

    /// <summary>
    /// Gets the number of records from before the start that wait in the store until there is room for them. They are
    /// pending, and take no room yet. Records that were accepted since the start are counted by <see cref="Buffered"/>,
    /// even while they are only in the store.
    /// </summary>
    public long Stored { get; init; }

    /// <summary>
    /// Gets the number of records offered so far, including results of hops and replayed dead letters.
    /// </summary>
    public required long Offered { get; init; }

    /// <summary>Gets the number of records accepted so far.</summary>
    public required long Accepted { get; init; }

    /// <summary>
    /// Gets the number of records refused so far; they stayed with the caller, except results of hops that were
    /// duplicates.
    /// </summary>
    public required long Refused { get; init; }

    /// <summary>Gets the number of records completed so far.</summary>
    public required long Completed { get; init; }

    /// <summary>Gets the number of records dropped by a full stage, or damaged on disk, so far.</summary>
    public required long Dropped { get; init; }

    /// <summary>Gets the number of records expired so far.</summary>
    public required long Expired { get; init; }

    /// <summary>Gets the number of records dead-lettered so far.</summary>
    public required long DeadLettered { get; init; }

    /// <summary>Gets the number of returns charged as retries so far.</summary>
    public long Retries { get; init; }

    /// <summary>Gets the time for which the oldest buffered record has waited; zero when there is none.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>Gets the mean time that records waited before they were leased.</summary>
    public TimeSpan MeanWait { get; init; }

    /// <summary>Gets the mean fill over the time since the level was created.</summary>
    public double MeanFill { get; init; }

    /// <summary>
    /// Gets the current fill, by records or by bytes, whichever is more. <see cref="Stored"/> records take no room and
    /// are not included.
    /// </summary>
    public double Fill { get; init; }

    /// <summary>
    /// Gets the room that is neither used nor promised, in records; negative only after a limit was lowered.
    /// </summary>
    public long Free => Limit - Used;

    /// <summary>
    /// Gets the number of records that are buffered, in flight, on their way between two stages, or still in the store.
    /// </summary>
    public long Pending => Buffered + InFlight + Hopping + Stored;

    /// <summary>Gets the number of records settled so far: completed, dropped, expired or dead-lettered.</summary>
    public long Settled => Completed + Dropped + Expired + DeadLettered;

    /// <summary>Gets whether limit = free + granted + buffered + in flight.</summary>
    public bool RoomIsConserved => Used == Granted + Buffered + InFlight;

    /// <summary>Gets whether offered = settled + refused + pending.</summary>
    public bool RecordsAreConserved => Offered == Settled + Refused + Pending;

    /// <summary>Gets whether both room and records are conserved.</summary>
    public bool IsConserved => RoomIsConserved && RecordsAreConserved;
}

/// <summary>Contains the numbers of one stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Level">The stage's numbers.</param>
/// <param name="Leases">The open leases.</param>
/// <param name="DeadLetters">The number of dead letters kept now.</param>
/// <param name="DeadLettersDiscarded">
/// The number of dead letters that were purged or discarded to make room for newer ones.
/// </param>
/// <param name="WaitingOffers">The number of offers and requests for credits that wait for room.</param>
/// <param name="WaitingConsumers">The number of consumers that wait for records.</param>
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
    /// <summary>Gets the bytes of the dead letters kept now: their records and error texts.</summary>
    public long DeadLetterBytes { get; init; }

    /// <summary>Gets the open leases.</summary>
    public IReadOnlyList<LeaseSnapshot> Leases
    {
        get;
        init => field = PlainLists.ToPlainArray(value);
    } = PlainLists.ToPlainArray(Leases);

    /// <summary>Returns whether both snapshots are equal by value.</summary>
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

/// <summary>Contains the numbers of one source.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Level">The source's numbers, over all stages.</param>
/// <param name="Signal">The signal last sent to the source.</param>
/// <param name="AvailableCredits">The room that the source could reserve now, in records.</param>
public sealed record SourceSnapshot(
    string Source,
    LevelSnapshot Level,
    BackpressureSignal Signal,
    long AvailableCredits
)
{
    /// <summary>
    /// Gets the source's budget over the cluster; null when the source has none, or the budget is not known yet.
    /// </summary>
    public SourceBudget? Budget { get; init; }
}

/// <summary>
/// A source's budget over all pipelines of a cluster, in records, as known to one pipeline from the budget's last
/// reply.
/// </summary>
/// <param name="Granted">The most records of the source that this pipeline may hold.</param>
/// <param name="Limit">The most records of the source that all pipelines may hold together.</param>
/// <param name="GrantedInAll">The room granted to all pipelines together.</param>
public sealed record SourceBudget(long Granted, long Limit, long GrantedInAll);

/// <summary>One open lease.</summary>
/// <param name="Id">The lease's id.</param>
/// <param name="Consumer">The name of the consumer that holds the lease; null if it gave none.</param>
/// <param name="Records">The number of records still open in the lease.</param>
/// <param name="Age">The time since the records were leased.</param>
/// <param name="Deadline">The time at which the open records go back to the buffer.</param>
public sealed record LeaseSnapshot(long Id, string? Consumer, int Records, TimeSpan Age, DateTimeOffset Deadline);

/// <summary>One row of the ledger.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Source">The source.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Count">The number of records.</param>
public sealed record LossRow(string Stage, string Source, LossReason Reason, long Count);
