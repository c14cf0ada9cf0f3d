namespace ConveyorActors.Actors.Protocol;

/// <summary>Gives one stage settings of its own. The reply is <see cref="Configured"/>.</summary>
public sealed record ConfigureStage(string Pipeline, string Stage, StageSettings Settings)
    : ConveyorCommand,
        IStageCommand;

/// <summary>
/// Offers one record. The reply is <see cref="Offered"/>. The command waits only if the stage's full mode is
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
    /// Gets when the reply is sent: once the record is buffered, or once it is written to the pipeline's journal
    /// (<c>conveyor.persistence</c>).
    /// </summary>
    public AckLevel AckLevel { get; init; }

    /// <inheritdoc/>
    public Guid Wait { get; init; }

    /// <inheritdoc/>
    public IActorRef? Owner { get; init; }
}

/// <summary>Offers records, in order; a prefix of them is accepted. The reply is <see cref="Offered"/>.</summary>
public sealed record BufferBatchForStage(
    string Pipeline,
    string Stage,
    string Source,
    ReadOnlyMemory<ConveyorRecord> Records,
    CreditGrant? Credits = null
) : ConveyorCommand, IStageCommand, IWaitingCommand
{
    /// <summary>
    /// Gets when the reply is sent: once the records are buffered, or once they are written to the pipeline's journal.
    /// </summary>
    public AckLevel AckLevel { get; init; }

    /// <summary>
    /// Gets the id of the offer. An offer that is made again with the same id is accepted once and gets the same reply,
    /// also from the pipeline's next node. Null: no id.
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
        && ByValue.AreEqual(Records, other.Records)
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
/// Offers the records of several senders, in order, on behalf of a buffer actor. The reply is
/// <see cref="PartsOffered"/>.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Source">The source.</param>
/// <param name="Records">The records, part after part.</param>
/// <param name="Parts">The number of records of each part; their sum is the number of records.</param>
/// <param name="Pass">The pass's number, repeated in the reply.</param>
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
        && ByValue.AreEqual(Records, other.Records)
        && ByValue.AreEqual(Parts, other.Parts)
        && Pass == other.Pass;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Source, Pass);

    /// <summary>
    /// Gets the ticket that makes the pass take effect once, even if it is sent again. Not sent over a wire.
    /// </summary>
    internal PassTicket? Ticket { get; init; }
}

/// <summary>
/// Leases records. The reply is <see cref="Leased"/>. A request that waits gets an empty batch only if the pipeline has
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
    /// Gets the most bytes, as sent over a wire, of the lease's records. 0: <c>conveyor.wire.max-batch-bytes</c> if the
    /// sender is on another node, and no bound if it is on this node. A lease is cut to fit; a first record that does
    /// not fit by itself is refused with its id and size.
    /// </summary>
    public int MaxBytes { get; init; }
}

/// <summary>Completes records of a lease; null: all that are open. The reply is <see cref="Settled"/>.</summary>
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
        && ByValue.AreEqual(Sequences, other.Sequences);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease);
}

/// <summary>
/// Returns records of a lease to the head of their sources' queues; null: all that are open. The reply is
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
        && ByValue.AreEqual(Sequences, other.Sequences)
        && Reason == other.Reason
        && Charge == other.Charge;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Reason, Charge);
}

/// <summary>Dead-letters records of a lease; null: all that are open. The reply is <see cref="Settled"/>.</summary>
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
        && ByValue.AreEqual(Sequences, other.Sequences)
        && Reason == other.Reason;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Reason);
}

/// <summary>
/// Completes records of a lease and offers their results to another stage, in one step. The reply is
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
    /// Gets when the reply is sent. True (default): when the last result is in the target stage. False: once the
    /// records are settled; results that find no room are transferred later without further action. A consumer in a
    /// cycle of stages that multiplies its records must not wait.
    /// </summary>
    public bool WaitForResults { get; init; } = true;

    /// <inheritdoc/>
    public bool Equals(Hop? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.AreEqual(Sequences, other.Sequences)
        && TargetStage == other.TargetStage
        && ByValue.AreEqual(Results, other.Results)
        && WaitForResults == other.WaitForResults;

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, TargetStage, Results.Length, WaitForResults);
}

/// <summary>
/// Reports that the consumer of these leases has died. Their open records are returned at once, as if the leases'
/// deadlines had passed. All leases are judged together: a single open record is charged a retry; several are not
/// charged and leased again in smaller leases. The reply is <see cref="Settled"/>.
/// </summary>
/// <remarks>
/// The actor that leases records, or the one named as <see cref="IWaitingCommand.Owner"/>, is watched; its death needs
/// no such command.
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
        && ByValue.AreEqual(Leases, other.Leases)
        && Reason == other.Reason;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Reason);
}

/// <summary>Gives a lease its own duration again, from now. The reply is <see cref="Settled"/>.</summary>
public sealed record Renew(string Pipeline, string Stage, long Lease) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the stage's fill. The reply is <see cref="Fill"/>.</summary>
public sealed record GetStageUtilization(string Pipeline, string Stage) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the first available records, without leasing them. The reply is <see cref="Peeked"/>.</summary>
public sealed record Peek(string Pipeline, string Stage, int Max) : ConveyorCommand, IStageCommand;

/// <summary>Asks for the stage's dead letters, oldest first. The reply is <see cref="DeadLetterList"/>.</summary>
public sealed record GetDeadLetters(string Pipeline, string Stage, int Max) : ConveyorCommand, IStageCommand;

/// <summary>Offers dead letters to their stage again. The reply is <see cref="Count"/>.</summary>
public sealed record ReplayDeadLetters(string Pipeline, string Stage, int Max = int.MaxValue)
    : ConveyorCommand,
        IStageCommand;

/// <summary>Removes dead letters for good. The reply is <see cref="Count"/>.</summary>
public sealed record PurgeDeadLetters(string Pipeline, string Stage, int Max = int.MaxValue)
    : ConveyorCommand,
        IStageCommand;

/// <summary>
/// Starts a consumer over at a stage: ends its waits there and returns the leases that it holds there. The reply is
/// <see cref="BegunAnew"/>; after it, no lease arrives that was requested before. The command replaces state that the
/// consumer would otherwise have to keep across a restart.
/// </summary>
/// <remarks>
/// A wait that is ended gets the reply <see cref="WaitCancelled"/>, as after <see cref="CancelWait"/>.
/// </remarks>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Reason">The reason; stored with a dead letter, should one of the records become one.</param>
/// <param name="HasFailed">
/// True (default): the consumer failed on the records that it held, and does not know which one was to blame; its
/// leases are returned like those of a consumer that died. False: it did not try the records; they are available again
/// at once, uncharged.
/// </param>
public sealed record BeginAnew(
    string Pipeline,
    string Stage,
    string Reason = "the consumer has restarted",
    bool HasFailed = true
) : ConveyorCommand, IStageCommand
{
    /// <summary>Gets the owner of the waits and leases; null: the sender.</summary>
    public IActorRef? Owner { get; init; }
}
