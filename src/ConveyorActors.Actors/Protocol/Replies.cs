using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>The reply to a command that configures: the settings are in force.</summary>
public sealed record Configured : ConveyorReply, IDeadLetterSuppression
{
    /// <summary>Gets the only instance.</summary>
    public static Configured Instance { get; } = new();
}

/// <summary>The result of an offer.</summary>
public sealed record Offered(OfferResult Result) : ConveyorReply;

/// <summary>
/// The results of the parts of <see cref="BufferPartsForStage"/>. Parts behind the first one that was not consumed are
/// not offered, and have no result.
/// </summary>
/// <param name="Pass">The pass's number.</param>
/// <param name="Results">The results, part by part.</param>
/// <param name="Failure">Why the other parts have no result; null: nothing failed.</param>
public sealed record PartsOffered(long Pass, IReadOnlyList<OfferResult> Results, Failed? Failure = null) : ConveyorReply
{
    /// <inheritdoc/>
    public bool Equals(PartsOffered? other) =>
        base.Equals(other)
        && Pass == other.Pass
        && ByValue.AreEqual(Results, other.Results)
        && Failure == other.Failure;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pass, Failure);
}

/// <summary>A lease; its batch is empty if there were no records.</summary>
public sealed record Leased(LeasedBatch Batch) : ConveyorReply;

/// <summary>The result of settling, hopping or renewing.</summary>
public sealed record Settled(SettleResult Result) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The credits granted; their number is 0 if there was no room.</summary>
public sealed record Granted(CreditGrant Grant) : ConveyorReply;

/// <summary>A number, such as the number of dead letters that a command replayed or purged.</summary>
public sealed record Count(long Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A fill, from 0 to 1; above 1 only after a limit was lowered.</summary>
public sealed record Fill(double Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>Names of stages or pipelines.</summary>
public sealed record NameList(IReadOnlyList<string> Names) : ConveyorReply, IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(NameList? other) => base.Equals(other) && ByValue.AreEqual(Names, other.Names);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Names.Count);
}

/// <summary>The source's current signal.</summary>
public sealed record SignalIs(BackpressureSignal Signal) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The reasons why a source is held, limit by limit; empty if it is not.</summary>
public sealed record Explained(IReadOnlyList<BackpressureReason> Reasons) : ConveyorReply, IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(Explained? other) => base.Equals(other) && ByValue.AreEqual(Reasons, other.Reasons);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Reasons.Count);
}

/// <summary>Records that are buffered and not leased.</summary>
public sealed record Peeked(IReadOnlyList<BufferedRecord<ConveyorRecord>> Records)
    : ConveyorReply,
        IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(Peeked? other) => base.Equals(other) && ByValue.AreEqual(Records, other.Records);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Records.Count);
}

/// <summary>Dead letters, oldest first.</summary>
public sealed record DeadLetterList(IReadOnlyList<DeadLetter<ConveyorRecord>> DeadLetters)
    : ConveyorReply,
        IDeadLetterSuppression
{
    /// <inheritdoc/>
    public bool Equals(DeadLetterList? other) => base.Equals(other) && ByValue.AreEqual(DeadLetters, other.DeadLetters);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), DeadLetters.Count);
}

/// <summary>The effects that new limits would have.</summary>
public sealed record LimitsPlanned(LimitChange Change) : ConveyorReply, IDeadLetterSuppression;

/// <summary>A snapshot of all numbers of a pipeline.</summary>
public sealed record SnapshotTaken(PipelineSnapshot Snapshot) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The report of a stopped pipeline.</summary>
public sealed record PipelineStopped(StopReport Report) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The result of <see cref="Flush"/>.</summary>
/// <param name="IsWritten">
/// True: everything is written, or the pipeline keeps its records in memory only. False: writing is not possible now;
/// it will be tried again.
/// </param>
public sealed record Flushed(bool IsWritten) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The result of placing or lifting a hold; false: nothing had to be changed.</summary>
public sealed record HoldChanged(bool HasChanged) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The reply to <see cref="SetCheckpoint"/> and <see cref="SetPosition"/>: the value was stored.</summary>
public sealed record Stored : ConveyorReply, IDeadLetterSuppression
{
    /// <summary>Gets the only instance.</summary>
    public static Stored Instance { get; } = new();
}

/// <summary>The reply to <see cref="GetCheckpoint"/>.</summary>
/// <param name="Value">The value stored last under the key; null: there is no such checkpoint.</param>
public sealed record CheckpointIs(string? Value) : ConveyorReply, IDeadLetterSuppression;

/// <summary>
/// The reply to <see cref="GetPosition"/>: how far the source had been read when the pipeline was opened.
/// </summary>
/// <param name="Position">The position; null: there is none for the source.</param>
public sealed record PositionIs(SourcePosition? Position) : ConveyorReply, IDeadLetterSuppression;

/// <summary>
/// The reply to a wait that was ended by <see cref="CancelWait"/> or by its owner's death. Nothing was granted.
/// </summary>
public sealed record WaitCancelled(Guid Wait) : ConveyorReply, IDeadLetterSuppression;

/// <summary>The reply to <see cref="BeginAnew"/>.</summary>
/// <param name="Leases">
/// The number of leases that the consumer held; their records are back in the buffer, or on their way there.
/// </param>
/// <param name="Waits">The number of waits for records that were ended.</param>
public sealed record BegunAnew(int Leases, int Waits) : ConveyorReply, IDeadLetterSuppression;

/// <summary>
/// The reply to a command that could not be carried out. An <c>Ask</c> fails with <see cref="BufferServiceException"/>
/// instead. Nothing changed, unless the problem is <see cref="Problem.Crashed"/>.
/// </summary>
/// <param name="Problem">The kind of problem.</param>
/// <param name="Message">A message that names the wrong argument or state, its value, and what would be right.</param>
/// <param name="Parameter">The name of the argument that is wrong; null: no argument is to blame.</param>
public sealed record Failed(Problem Problem, string Message, string? Parameter = null) : ConveyorReply
{
    /// <summary>
    /// Returns the failure in the form that fails an <c>Ask</c>: the awaited task fails with a
    /// <see cref="BufferServiceException"/> with this message.
    /// </summary>
    public Status.Failure ToStatus() => new(new BufferServiceException(this), this);
}

/// <summary>Specifies why a command could not be carried out.</summary>
public enum Problem : byte
{
    /// <summary>An argument is wrong.</summary>
    Argument,

    /// <summary>An argument is missing.</summary>
    ArgumentMissing,

    /// <summary>An argument is out of its range.</summary>
    ArgumentOutOfRange,

    /// <summary>The pipeline, stage or source is in a state that does not allow the command.</summary>
    NotNow,

    /// <summary>
    /// The actor failed while it worked on the command. Whether the command took effect is not known.
    /// </summary>
    Crashed,

    /// <summary>The command or reply is too large for the wire between two nodes. Nothing changed.</summary>
    TooLarge,

    /// <summary>
    /// The pipeline is on another node of the cluster, or on its way there. Nothing changed. Locate the pipeline and
    /// send the command to its node.
    /// </summary>
    Elsewhere,

    /// <summary>
    /// The offer was made before, and the pipeline may have forgotten it. Whether it was accepted then is not known.
    /// Nothing was done now.
    /// </summary>
    Forgotten,

    /// <summary>
    /// The pipeline's store does not allow the command now, or another process has taken the pipeline over. Nothing
    /// changed.
    /// </summary>
    StoreUnavailable,
}
