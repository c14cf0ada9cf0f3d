namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Where records go: a stage of a pipeline, in the name of a source. Make it once and use it for every record.
/// </summary>
public sealed record BufferTarget
{
    readonly int hash;

    /// <summary>Names a stage and a source.</summary>
    /// <param name="pipeline">The pipeline; 1 to 200 characters.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="source">Whose records they are.</param>
    public BufferTarget(string pipeline, string stage, string source)
    {
        (Pipeline, Stage, Source) = (Names.Validate(pipeline), Names.Validate(stage), Names.Validate(source));
        hash = HashCode.Combine(pipeline, stage, source);
    }

    /// <summary>The pipeline.</summary>
    public string Pipeline { get; }

    /// <summary>The stage.</summary>
    public string Stage { get; }

    /// <summary>The source.</summary>
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
    /// <summary>Gets where the records go.</summary>
    BufferTarget Target { get; }

    /// <summary>Gets how many records it brings.</summary>
    int Count { get; }

    /// <summary>
    /// True: the sender gets an <see cref="EnqueueResult"/>, and keeps what was refused. False: fire and forget; what
    /// the stage refuses waits in the buffer actor and is offered again. Who asks (<c>Ask</c>) is answered in any case.
    /// </summary>
    bool WantsAnswer { get; }
}

/// <summary>Enqueues one record. Answered with <see cref="EnqueueResult"/> when the sender wants to know.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Record">The record.</param>
/// <param name="WantsAnswer">See <see cref="IEnqueueCommand.WantsAnswer"/>.</param>
public sealed record Enqueue(BufferTarget Target, ConveyorRecord Record, bool WantsAnswer = false)
    : ConveyorCommand,
        IEnqueueCommand
{
    /// <summary>Gets where it goes.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>The record.</summary>
    public ConveyorRecord Record
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Record);

    int IEnqueueCommand.Count => 1;
}

/// <summary>
/// Enqueues records, in order. Answered with <see cref="EnqueueResult"/> when the sender wants to know. The memory must
/// not be changed afterwards.
/// </summary>
/// <param name="Target">Where they go.</param>
/// <param name="Records">The records; not more than a buffer actor holds.</param>
/// <param name="WantsAnswer">See <see cref="IEnqueueCommand.WantsAnswer"/>.</param>
public sealed record EnqueueBatch(BufferTarget Target, ReadOnlyMemory<ConveyorRecord> Records, bool WantsAnswer = false)
    : ConveyorCommand,
        IEnqueueCommand
{
    /// <summary>Gets where they go.</summary>
    public BufferTarget Target
    {
        get;
        init => field = EnqueueValidator.Validate(value);
    } = EnqueueValidator.Validate(Target);

    /// <summary>The records, in order.</summary>
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
        && ByValue.Same(Records, other.Records)
        && WantsAnswer == other.WantsAnswer;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Target, Records.Length, WantsAnswer);
}

/// <summary>What became of an <see cref="Enqueue"/> or <see cref="EnqueueBatch"/>.</summary>
/// <param name="Status">Accepted when all of it is in the stage, otherwise what stopped it.</param>
/// <param name="Accepted">How many records the stage accepted.</param>
/// <param name="Consumed">
/// How many records, from the first, need not be enqueued again: accepted, duplicate or dropped ones.
/// </param>
/// <param name="Signal">What the source should do now; None when the stage was not reached.</param>
/// <param name="Credits">
/// The least of the free room of manager and source, in records; 0 when the stage was not reached.
/// </param>
public sealed record EnqueueResult(
    EnqueueOutcome Status,
    int Accepted,
    int Consumed,
    BackpressureSignal Signal,
    long Credits
) : ConveyorReply
{
    /// <summary>Gets whether all of it is in the stage.</summary>
    public bool IsAccepted => Status == EnqueueOutcome.Accepted;
}

/// <summary>What became of records given to a buffer actor, or what stopped them.</summary>
public enum EnqueueOutcome : byte
{
    /// <summary>All are in the stage.</summary>
    Accepted,

    /// <summary>The stage has no room. The refused records stay with the sender.</summary>
    StageFull,

    /// <summary>The source has as many records pending as it may. The refused records stay with the sender.</summary>
    SourceFull,

    /// <summary>The manager has no room. The refused records stay with the sender.</summary>
    GlobalFull,

    /// <summary>
    /// A record has more bytes than a limit could ever admit. It and those behind it stay with the sender.
    /// </summary>
    TooLarge,

    /// <summary>Some had been accepted before, within the window.</summary>
    Duplicate,

    /// <summary>The pipeline is stopping. The refused records stay with the sender.</summary>
    Draining,

    /// <summary>The stage was full and its rule is to drop the newest.</summary>
    Dropped,

    /// <summary>The buffer actor is full. All records stay with the sender.</summary>
    BufferFull,

    /// <summary>The buffer actors are stopping. All records stay with the sender.</summary>
    Stopping,

    /// <summary>
    /// The pipeline keeps its records on disk and the disk fails. The refused records stay with the sender.
    /// </summary>
    StoreFailing,

    /// <summary>
    /// An operator holds the source. The refused records stay with the sender until the hold is lifted.
    /// </summary>
    Held,

    /// <summary>
    /// The source has as many records pending over the whole cluster as its budget admits. The refused records stay
    /// with the sender.
    /// </summary>
    BudgetFull,
}
