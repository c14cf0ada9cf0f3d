namespace ConveyorActors.Actors.Protocol;

/// <summary>Gives one stage settings of its own. Answered with <see cref="Configured"/>.</summary>
public sealed record ConfigureStage(string Pipeline, string Stage, StageSettings Settings)
    : ConveyorCommand,
        IStageCommand;

/// <summary>
/// Offers one record. Answered with <see cref="Offered"/>; waits only where the stage's rule is
/// <see cref="FullMode.Wait"/>.
/// </summary>
public sealed record BufferForStage(
    string Pipeline,
    string Stage,
    string Source,
    ConveyorRecord Record,
    CreditGrant? Credits = null
) : ConveyorCommand, IStageCommand, IWaitingCommand
{
    /// <summary>
    /// When the reply comes: once the record is buffered, or once it is written to the pipeline's journal
    /// (<c>conveyor.persistence</c>).
    /// </summary>
    public AckLevel AckLevel { get; init; }

    /// <inheritdoc/>
    public Guid Wait { get; init; }

    /// <inheritdoc/>
    public IActorRef? Owner { get; init; }
}

/// <summary>Offers records, in order; a prefix of them is accepted. Answered with <see cref="Offered"/>.</summary>
public sealed record BufferBatchForStage(
    string Pipeline,
    string Stage,
    string Source,
    ReadOnlyMemory<ConveyorRecord> Records,
    CreditGrant? Credits = null
) : ConveyorCommand, IStageCommand, IWaitingCommand
{
    /// <summary>
    /// When the reply comes: once the records are buffered, or once they are written to the pipeline's journal.
    /// </summary>
    public AckLevel AckLevel { get; init; }

    /// <summary>
    /// Identifies the offer: made again with the same id, it is accepted once and gets the same reply, also from the
    /// pipeline's next node. Null: it has no id.
    /// </summary>
    public OfferId? Offer { get; init; }

    /// <inheritdoc/>
    public Guid Wait { get; init; }

    /// <inheritdoc/>
    public IActorRef? Owner { get; init; }

    /// <inheritdoc/>
    public bool Equals(BufferBatchForStage? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Source == other.Source
        && ByValue.Same(Records, other.Records)
        && Equals(Credits, other.Credits)
        && AckLevel == other.AckLevel
        && Offer == other.Offer
        && Wait == other.Wait
        && Equals(Owner, other.Owner);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Source, Records.Length, Wait);
}

/// <summary>
/// What a buffer actor passes on: the records of several senders, in order. Answered with <see cref="PartsOffered"/>.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Source">The source.</param>
/// <param name="Records">The records, part after part.</param>
/// <param name="Parts">How many records each part has; their sum is the number of records.</param>
/// <param name="Pass">The pass's number, for the answer.</param>
public sealed record BufferPartsForStage(
    string Pipeline,
    string Stage,
    string Source,
    ReadOnlyMemory<ConveyorRecord> Records,
    IReadOnlyList<int> Parts,
    long Pass
) : ConveyorCommand, IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(BufferPartsForStage? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Source == other.Source
        && ByValue.Same(Records, other.Records)
        && ByValue.Same(Parts, other.Parts)
        && Pass == other.Pass;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Source, Pass);

    /// <summary>Makes the pass take effect once, even if it is sent again. Not sent over a wire.</summary>
    internal PassTicket? Ticket { get; init; }
}

/// <summary>
/// Leases records. Answered with <see cref="Leased"/>; an empty batch answers a wait only when the pipeline has
/// stopped.
/// </summary>
public sealed record GetBatch(string Pipeline, string Stage, BatchRequest Request)
    : ConveyorCommand,
        IStageCommand,
        IWaitingCommand
{
    /// <inheritdoc/>
    public Guid Wait { get; init; }

    /// <inheritdoc/>
    public IActorRef? Owner { get; init; }

    /// <summary>
    /// The most bytes of records on a wire that the lease may have; 0: <c>conveyor.wire.max-batch-bytes</c> if the
    /// sender is on another node, and no bound if it is on this node. A lease is cut to fit; a first record that alone
    /// does not fit is refused with its id and size.
    /// </summary>
    public int MaxBytes { get; init; }
}

/// <summary>Settles records of a lease as done; null: all that are open. Answered with <see cref="Settled"/>.</summary>
public sealed record Complete(string Pipeline, string Stage, long Lease, IReadOnlyList<long>? Sequences = null)
    : ConveyorCommand,
        IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(Complete? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.Same(Sequences, other.Sequences);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease);
}

/// <summary>
/// Gives records of a lease back to the head of their lines; null: all that are open. Answered with
/// <see cref="Settled"/>.
/// </summary>
public sealed record ReturnToBuffer(
    string Pipeline,
    string Stage,
    long Lease,
    IReadOnlyList<long>? Sequences,
    string Reason,
    bool Charge = true
) : ConveyorCommand, IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(ReturnToBuffer? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.Same(Sequences, other.Sequences)
        && Reason == other.Reason
        && Charge == other.Charge;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Reason, Charge);
}

/// <summary>
/// Puts records of a lease among the dead letters; null: all that are open. Answered with <see cref="Settled"/>.
/// </summary>
public sealed record DeadLetterRecords(
    string Pipeline,
    string Stage,
    long Lease,
    IReadOnlyList<long>? Sequences,
    string Reason
) : ConveyorCommand, IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(DeadLetterRecords? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.Same(Sequences, other.Sequences)
        && Reason == other.Reason;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Reason);
}

/// <summary>
/// Completes records of a lease and offers their results to another stage, as one step. Answered with
/// <see cref="Settled"/>.
/// </summary>
public sealed record Hop(
    string Pipeline,
    string Stage,
    long Lease,
    IReadOnlyList<long>? Sequences,
    string TargetStage,
    ReadOnlyMemory<ConveyorRecord> Results
) : ConveyorCommand, IStageCommand
{
    /// <summary>
    /// True: answered when the last result is in the target stage. False: answered once the records are settled;
    /// results that find no room go over by themselves. A consumer in a cycle of stages that multiplies its records
    /// must not wait. Default true.
    /// </summary>
    public bool WaitForResults { get; init; } = true;

    /// <inheritdoc/>
    public bool Equals(Hop? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.Same(Sequences, other.Sequences)
        && TargetStage == other.TargetStage
        && ByValue.Same(Results, other.Results)
        && WaitForResults == other.WaitForResults;

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, TargetStage, Results.Length, WaitForResults);
}

/// <summary>
/// Tells that the consumer of these leases has died; what is still open in them goes back at once, as if their
/// deadlines had passed. They are judged together: one open record is charged a retry, several are not and come again
/// in smaller leases. Answered with <see cref="Settled"/>.
/// </summary>
/// <remarks>
/// The actor that leases records, or the one named as <see cref="IWaitingCommand.Owner"/>, is watched: for its death
/// nobody needs to send this.
/// </remarks>
public sealed record Abandon(string Pipeline, string Stage, IReadOnlyList<long> Leases, string Reason)
    : ConveyorCommand,
        IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(Abandon? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && ByValue.Same(Leases, other.Leases)
        && Reason == other.Reason;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Reason);
}

/// <summary>Moves a lease's deadline to the lease timeout from now. Answered with <see cref="Settled"/>.</summary>
public sealed record Renew(string Pipeline, string Stage, long Lease) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the stage's fill. Answered with <see cref="Fill"/>.</summary>
public sealed record GetStageUtilization(string Pipeline, string Stage) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the first records that wait, without leasing them. Answered with <see cref="Peeked"/>.</summary>
public sealed record Peek(string Pipeline, string Stage, int Max) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the stage's dead letters, oldest first. Answered with <see cref="DeadLetterList"/>.</summary>
public sealed record GetDeadLetters(string Pipeline, string Stage, int Max) : ConveyorCommand, IStageCommand;

/// <summary>Offers dead letters to their stage again. Answered with <see cref="Count"/>.</summary>
public sealed record ReplayDeadLetters(string Pipeline, string Stage, int Max = int.MaxValue)
    : ConveyorCommand,
        IStageCommand;

/// <summary>Removes dead letters for good. Answered with <see cref="Count"/>.</summary>
public sealed record PurgeDeadLetters(string Pipeline, string Stage, int Max = int.MaxValue)
    : ConveyorCommand,
        IStageCommand;

/// <summary>
/// Says that a consumer starts over at a stage: what it waits for there is given up, and the leases that it holds there
/// go back. Replied to with <see cref="BegunAnew"/>, after which no lease comes that was asked for before. Replaces
/// what the consumer would otherwise have to remember over a restart.
/// </summary>
/// <remarks>
/// A wait that is given up is replied to with <see cref="WaitCancelled"/>, as after <see cref="CancelWait"/>.
/// </remarks>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Reason">Why; kept with a dead letter, should one of the records become one.</param>
/// <param name="HasFailed">
/// True (default): the consumer failed on what it held, and does not know which record was to blame: each lease goes
/// back as one of a consumer that died. False: it did not try the records; they are available again at once, uncharged.
/// </param>
public sealed record BeginAnew(
    string Pipeline,
    string Stage,
    string Reason = "the consumer begins anew",
    bool HasFailed = true
) : ConveyorCommand, IStageCommand
{
    /// <summary>Whose waits and leases; null: the sender's.</summary>
    public IActorRef? Owner { get; init; }
}
