namespace ConveyorActors.Actors.Observing;

/// <summary>
/// The names of the events in the log: the value of <c>EventName</c> in each entry. docs/Akka.md lists their levels and
/// values.
/// </summary>
public static class ConveyorEvents
{
    /// <summary>Records of a stage were dead-lettered. Warning.</summary>
    public const string RecordsDeadLettered = nameof(RecordsDeadLettered);

    /// <summary>Dead letters were purged, or evicted by newer ones. Warning.</summary>
    public const string DeadLettersDiscarded = nameof(DeadLettersDiscarded);

    /// <summary>
    /// A stage refused records, because it was full or for another reason. Warning, at most once a minute for each
    /// stage.
    /// </summary>
    public const string RecordsRefused = nameof(RecordsRefused);

    /// <summary>A full stage dropped records according to its full mode. Info.</summary>
    public const string RecordsDropped = nameof(RecordsDropped);

    /// <summary>Records expired because they exceeded their time to live. Info.</summary>
    public const string RecordsExpired = nameof(RecordsExpired);

    /// <summary>A lease passed its deadline before it was settled. Warning.</summary>
    public const string LeaseExpired = nameof(LeaseExpired);

    /// <summary>An actor that held leases died. Warning.</summary>
    public const string ConsumerDied = nameof(ConsumerDied);

    /// <summary>
    /// Records were refused by a full buffer actor. Warning, at most once a minute for each buffer actor.
    /// </summary>
    public const string BufferActorFull = nameof(BufferActorFull);

    /// <summary>
    /// A buffer actor keeps records that their stage refuses. Warning, at most once a minute for each buffer actor.
    /// </summary>
    public const string BufferActorHeld = nameof(BufferActorHeld);

    /// <summary>
    /// Fire-and-forget records were dropped because no stage will ever take them. Warning, at most once a minute for
    /// each buffer actor.
    /// </summary>
    public const string BufferActorLost = nameof(BufferActorLost);

    /// <summary>An actor of the buffers failed and was restarted. Warning; Akka logs the failure itself.</summary>
    public const string ActorRestarted = nameof(ActorRestarted);

    /// <summary>The buffers have been stopping for a while. Warning.</summary>
    public const string StopSlow = nameof(StopSlow);

    /// <summary>The stop ended although records remain. Warning.</summary>
    public const string StopCutShort = nameof(StopCutShort);

    /// <summary>
    /// The phase of coordinated shutdown is shorter than the stop deadline requires. Warning, at the start.
    /// </summary>
    public const string StopPhaseTooShort = nameof(StopPhaseTooShort);

    /// <summary>The buffers have stopped, and nothing remains. Info.</summary>
    public const string Stopped = nameof(Stopped);

    /// <summary>The handler of a <see cref="Consuming.BufferConsumerActor"/> failed on a record. Warning.</summary>
    public const string RecordFailed = nameof(RecordFailed);

    /// <summary>
    /// The handler of a <see cref="Consuming.BufferConsumerActor"/> failed on a lease as a whole. Warning.
    /// </summary>
    public const string LeaseAbandoned = nameof(LeaseAbandoned);

    /// <summary>A <see cref="Consuming.BufferConsumerActor"/> could not settle a lease. Warning.</summary>
    public const string LeaseNotSettled = nameof(LeaseNotSettled);

    /// <summary>
    /// A <see cref="Consuming.BufferConsumerActor"/> could not lease records, and tries again. Warning.
    /// </summary>
    public const string LeaseFailed = nameof(LeaseFailed);

    /// <summary>
    /// A <see cref="Producing.BufferProducerActor"/> could not offer records or request room, and tries again. Warning,
    /// once for failures in a row.
    /// </summary>
    public const string OfferFailed = nameof(OfferFailed);

    /// <summary>A <see cref="Consuming.BufferConsumerActor"/> has ended. Info.</summary>
    public const string ConsumerEnded = nameof(ConsumerEnded);

    /// <summary>
    /// Messages from other programs were refused and dropped, because no type is created by its name on the wire.
    /// Warning, at most once a minute for each reason.
    /// </summary>
    public const string MessageRefused = nameof(MessageRefused);
}
