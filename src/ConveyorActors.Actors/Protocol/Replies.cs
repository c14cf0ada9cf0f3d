using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>The settings are in force.</summary>
public sealed record Configured : ConveyorReply, IDeadLetterSuppression
{
    /// <summary>The one there is.</summary>
    public static Configured Instance { get; } = new();
}

/// <summary>What became of an offer.</summary>
public sealed record Offered(OfferResult Result) : ConveyorReply;

/// <summary>
/// What became of each part of <see cref="BufferPartsForStage"/>. Parts behind the first that was not consumed are not
/// offered, and have no result.
/// </summary>
/// <param name="Pass">The pass's number.</param>
/// <param name="Results">Part by part.</param>
/// <param name="Failure">Why the parts that have no result have none; null: nothing failed.</param>
public sealed record PartsOffered(long Pass, IReadOnlyList<OfferResult> Results, Failed? Failure = null) : ConveyorReply
{
    /// <inheritdoc/>
    public bool Equals(PartsOffered? other) =>
        base.Equals(other) && Pass == other.Pass && ByValue.Same(Results, other.Results) && Failure == other.Failure;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pass, Failure);
}

/// <summary>A lease; its batch is empty when there was nothing.</summary>
public sealed record Leased(LeasedBatch Batch) : ConveyorReply;

/// <summary>What became of settling, hopping or renewing.</summary>
public sealed record Settled(SettleResult Result) : ConveyorReply, IDeadLetterSuppression;

/// <summary>Credits; their number is 0 when there was no room.</summary>
public sealed record Granted(CreditGrant Grant) : ConveyorReply;

/// <summary>A number.</summary>
public sealed record Count(long Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A fill, from 0 to 1; above 1 only after a limit was lowered.</summary>
public sealed record Fill(double Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>Names of stages or pipelines.</summary>
public sealed record NameList(IReadOnlyList<string> Names) : ConveyorReply, IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(NameList? other) => base.Equals(other) && ByValue.Same(Names, other.Names);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Names.Count);
}

/// <summary>The source's signal now.</summary>
public sealed record SignalIs(BackpressureSignal Signal) : ConveyorReply, IDeadLetterSuppression;

/// <summary>Why a source is held, limit by limit; empty when it is not.</summary>
public sealed record Explained(IReadOnlyList<BackpressureReason> Reasons) : ConveyorReply, IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(Explained? other) => base.Equals(other) && ByValue.Same(Reasons, other.Reasons);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Reasons.Count);
}

/// <summary>Records that wait.</summary>
public sealed record Peeked(IReadOnlyList<BufferedRecord<ConveyorRecord>> Records)
    : ConveyorReply,
        IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(Peeked? other) => base.Equals(other) && ByValue.Same(Records, other.Records);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Records.Count);
}

/// <summary>Dead letters, oldest first.</summary>
public sealed record DeadLetterList(IReadOnlyList<DeadLetter<ConveyorRecord>> DeadLetters)
    : ConveyorReply,
        IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(DeadLetterList? other) => base.Equals(other) && ByValue.Same(DeadLetters, other.DeadLetters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), DeadLetters.Count);
}

/// <summary>What new limits would do.</summary>
public sealed record LimitsPlanned(LimitChange Change) : ConveyorReply, IDeadLetterSuppression;

/// <summary>All numbers of a pipeline.</summary>
public sealed record SnapshotTaken(PipelineSnapshot Snapshot) : ConveyorReply, IDeadLetterSuppression;

/// <summary>What a stop left behind.</summary>
public sealed record PipelineStopped(StopReport Report) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The result of <see cref="Flush"/>.</summary>
/// <param name="IsWritten">
/// True: everything is written, or the pipeline keeps its records in memory only. False: writing is not possible now;
/// it will be tried again.
/// </param>
public sealed record Flushed(bool IsWritten) : ConveyorReply, IDeadLetterSuppression;

/// <summary>Whether a hold was placed or lifted; false: nothing had to be changed.</summary>
public sealed record HoldChanged(bool HasChanged) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A checkpoint or a source's position was stored.</summary>
public sealed record Stored : ConveyorReply, IDeadLetterSuppression
{
    /// <summary>The one there is.</summary>
    public static Stored Instance { get; } = new();
}

/// <summary>A checkpoint's value.</summary>
/// <param name="Value">What was noted last under the key; null: nothing.</param>
public sealed record CheckpointIs(string? Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>How far a source had been read when the pipeline was opened.</summary>
/// <param name="Position">The position; null: nothing is known of the source.</param>
public sealed record PositionIs(SourcePosition? Position) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A wait was ended by <see cref="CancelWait"/> or by its owner's death. It left nothing behind.</summary>
public sealed record WaitCancelled(Guid Wait) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A consumer has begun anew: see <see cref="BeginAnew"/>.</summary>
/// <param name="Leases">How many leases it held; they are back in the buffer, or on their way there.</param>
/// <param name="Waits">How many waits for records were given up.</param>
public sealed record BegunAnew(int Leases, int Waits) : ConveyorReply, IDeadLetterSuppression;

/// <summary>
/// The command could not be carried out. An <c>Ask</c> fails with <see cref="BufferServiceException"/> instead. Nothing
/// changed, unless the problem is <see cref="Problem.Crashed"/>.
/// </summary>
/// <param name="Problem">Of what kind.</param>
/// <param name="Message">What is wrong, its value, and what would be right.</param>
/// <param name="Parameter">The argument that is wrong, when it is one.</param>
public sealed record Failed(Problem Problem, string Message, string? Parameter = null) : ConveyorReply
{
    /// <summary>
    /// The failure as an <c>Ask</c> understands it: the task that is awaited fails with a
    /// <see cref="BufferServiceException"/> with this message.
    /// </summary>
    public Status.Failure ToStatus() => new(new BufferServiceException(this), this);
}

/// <summary>Why a command could not be carried out.</summary>
public enum Problem : byte
{
    /// <summary>An argument is wrong.</summary>
    Argument,

    /// <summary>An argument is missing.</summary>
    ArgumentMissing,

    /// <summary>An argument is out of its range.</summary>
    ArgumentOutOfRange,

    /// <summary>The pipeline, stage or source is not in a state for it.</summary>
    NotNow,

    /// <summary>The actor failed while it worked on the command: whether it took effect is not known.</summary>
    Crashed,

    /// <summary>The command or reply is too large for the wire between two nodes. Nothing changed.</summary>
    TooLarge,

    /// <summary>
    /// The pipeline is on another node of the cluster, or on its way there. Nothing changed: ask where the pipeline is,
    /// and send the command there.
    /// </summary>
    Elsewhere,

    /// <summary>
    /// The offer was made before, and the pipeline may have forgotten it: whether it was accepted then is not known.
    /// Nothing was done now.
    /// </summary>
    Forgotten,

    /// <summary>
    /// The pipeline's store does not allow the command now, or another process has taken the pipeline over. Nothing
    /// changed.
    /// </summary>
    StoreUnavailable,
}
