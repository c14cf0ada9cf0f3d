namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// The destination of records: a stage of a pipeline, and the source that the records belong to. Create one instance
/// and use it for every record.
/// </summary>
public sealed record BufferTarget
{
    readonly int hash;

    /// <summary>Initializes the destination of a source's records.</summary>
    /// <param name="pipeline">The pipeline; 1 to 200 characters.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source that the records belong to.</param>
    public BufferTarget(string pipeline, string stage, string source)
    {
        (Pipeline, Stage, Source) = (Names.Validate(pipeline), Names.Validate(stage), Names.Validate(source));
        hash = HashCode.Combine(pipeline, stage, source);
    }

    /// <summary>Gets the name of the pipeline.</summary>
    public string Pipeline { get; }

    /// <summary>Gets the name of the stage.</summary>
    public string Stage { get; }

    /// <summary>Gets the name of the source.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public bool Equals(BufferTarget? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && hash == other.hash
            && Pipeline == other.Pipeline
            && Stage == other.Stage
            && Source == other.Source;

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <inheritdoc/>
    public override string ToString() => $"{Pipeline}/{Stage} from {Source}";
}

/// <summary>A message to the buffer actors.</summary>
public interface IEnqueueCommand : IConveyorMessage
{
    /// <summary>Gets the destination of the records.</summary>
    BufferTarget Target { get; }

    /// <summary>Gets the number of records in the message.</summary>
    int Count { get; }

    /// <summary>
    /// Gets whether the sender wants a reply. True: the sender gets an <see cref="EnqueueResult"/>, and keeps the
    /// refused records. False: fire and forget; records that the stage refuses wait in the buffer actor and are offered
    /// again. A sender that uses <c>Ask</c> gets a reply in any case.
    /// </summary>
    bool ExpectsReply { get; }
}

/// <summary>Enqueues one record. The reply is <see cref="EnqueueResult"/>, if the sender wants one.</summary>
/// <param name="Target">The destination of the record.</param>
/// <param name="Record">The record.</param>
/// <param name="ExpectsReply">Whether the sender wants a reply; see <see cref="IEnqueueCommand.ExpectsReply"/>.</param>
public sealed record Enqueue(BufferTarget Target, ConveyorRecord Record, bool ExpectsReply = false)
    : ConveyorCommand,
        IEnqueueCommand
{
    /// <summary>Gets the destination of the record.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>Gets the record.</summary>
    public ConveyorRecord Record
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Record);

    int IEnqueueCommand.Count => 1;
}

/// <summary>
/// Enqueues records, in order. The reply is <see cref="EnqueueResult"/>, if the sender wants one. The memory must not
/// be changed afterwards.
/// </summary>
/// <param name="Target">The destination of the records.</param>
/// <param name="Records">The records; not more than a buffer actor holds.</param>
/// <param name="ExpectsReply">Whether the sender wants a reply; see <see cref="IEnqueueCommand.ExpectsReply"/>.</param>
public sealed record EnqueueBatch(
    BufferTarget Target,
    ReadOnlyMemory<ConveyorRecord> Records,
    bool ExpectsReply = false
) : ConveyorCommand, IEnqueueCommand
{
    /// <summary>Gets the destination of the records.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>Gets the records, in order.</summary>
    public ReadOnlyMemory<ConveyorRecord> Records
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Records);

    int IEnqueueCommand.Count => Records.Length;

    /// <inheritdoc/>
    public bool Equals(EnqueueBatch? other) =>
        base.Equals(other)
        && Target == other.Target
        && ByValue.AreEqual(Records, other.Records)
        && ExpectsReply == other.ExpectsReply;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Target, Records.Length, ExpectsReply);
}

/// <summary>The result of an <see cref="Enqueue"/> or <see cref="EnqueueBatch"/>.</summary>
/// <param name="Status">Accepted if all records are in the stage; otherwise the reason why some are not.</param>
/// <param name="Accepted">The number of records that the stage accepted.</param>
/// <param name="Consumed">
/// The number of records, from the first, that need not be enqueued again: accepted, duplicate or dropped ones.
/// </param>
/// <param name="Signal">The signal that the source should follow now; None if the stage was not reached.</param>
/// <param name="Credits">
/// The smaller of the free room of manager and source, in records; 0 if the stage was not reached.
/// </param>
public sealed record EnqueueResult(
    EnqueueOutcome Status,
    int Accepted,
    int Consumed,
    BackpressureSignal Signal,
    long Credits
) : ConveyorReply
{
    /// <summary>Gets whether all records are in the stage.</summary>
    public bool IsAccepted => Status == EnqueueOutcome.Accepted;
}

/// <summary>Specifies the outcome of enqueuing records in a buffer actor.</summary>
public enum EnqueueOutcome : byte
{
    /// <summary>All records are in the stage.</summary>
    Accepted,

    /// <summary>The stage has no room. The refused records stay with the sender.</summary>
    StageFull,

    /// <summary>
    /// The source has reached its limit of pending records. The refused records stay with the sender.
    /// </summary>
    SourceFull,

    /// <summary>The manager has no room. The refused records stay with the sender.</summary>
    GlobalFull,

    /// <summary>
    /// A record has more bytes than a limit can admit. That record and the records behind it stay with the
    /// sender.
    /// </summary>
    TooLarge,

    /// <summary>Some records had been accepted before, within the duplicate window.</summary>
    Duplicate,

    /// <summary>The pipeline is stopping. The refused records stay with the sender.</summary>
    Draining,

    /// <summary>The stage was full and its full mode drops the newest records.</summary>
    Dropped,

    /// <summary>The buffer actor is full. All records stay with the sender.</summary>
    BufferFull,

    /// <summary>The buffer actors are stopping. All records stay with the sender.</summary>
    Stopping,

    /// <summary>
    /// The pipeline stores its records on disk and the disk fails. The refused records stay with the sender.
    /// </summary>
    StoreFailing,

    /// <summary>
    /// An operator holds the source. The refused records stay with the sender until the hold is lifted.
    /// </summary>
    Held,

    /// <summary>
    /// The source's pending records over the whole cluster have reached its budget. The refused records stay with the
    /// sender.
    /// </summary>
    BudgetFull,
}
