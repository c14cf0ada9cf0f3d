namespace ConveyorActors.Actors.Producing;

/// <summary>
/// Registers the producer of a <see cref="BufferProducerActor"/>. Another registration, of the same or another
/// producer, replaces the one before.
/// </summary>
/// <param name="Producer">
/// The actor that gets <see cref="RequestNext"/>. It is watched: when it dies, its unused room is released.
/// </param>
/// <exception cref="ArgumentNullException">The producer is null.</exception>
public sealed record RegisterProducer(IActorRef Producer) : INoSerializationVerificationNeeded
{
    /// <summary>Gets the actor that gets <see cref="RequestNext"/>.</summary>
    public IActorRef Producer
    {
        get;
        init => field = Validate(value);
    } = Validate(Producer);

    static IActorRef Validate(IActorRef producer) =>
        producer
        ?? throw new ArgumentNullException(
            nameof(Producer),
            "Producer is null; it must be the actor that gets RequestNext."
        );
}

/// <summary>Requests records from the producer: there is room for them.</summary>
/// <param name="Credits">
/// The number of records that may be sent, in one <see cref="SendNext"/> or several. Replaces the number requested
/// before.
/// </param>
/// <param name="SendNextTo">The actor to send the records to.</param>
public sealed record RequestNext(int Credits, IActorRef SendNextTo) : INoSerializationVerificationNeeded;

/// <summary>Sends records that were requested. The reply is <see cref="Confirmed"/>, in the order of sending.</summary>
/// <param name="Records">The records, in order; not more than are still requested.</param>
/// <param name="CorrelationId">An id that is repeated in the reply; null: none.</param>
/// <exception cref="ArgumentNullException">The list of records is null.</exception>
public sealed record SendNext(IReadOnlyList<ConveyorRecord> Records, string? CorrelationId = null)
    : INoSerializationVerificationNeeded
{
    /// <summary>Gets the records, in order.</summary>
    public IReadOnlyList<ConveyorRecord> Records
    {
        get;
        init => field = Validate(value);
    } = Validate(Records);

    static IReadOnlyList<ConveyorRecord> Validate(IReadOnlyList<ConveyorRecord> records) =>
        records
        ?? throw new ArgumentNullException(nameof(Records), "Records is null; it must be the records, in order.");
}

/// <summary>The result of a <see cref="SendNext"/>.</summary>
/// <param name="Status">
/// Accepted, Duplicate or Dropped: no record need be sent again. TooLarge or Draining: the reason why the records
/// behind the consumed ones were not offered; they stay with the producer.
/// </param>
/// <param name="Accepted">The number of records that are in the stage.</param>
/// <param name="Consumed">The number of records, from the first, that need not be sent again.</param>
/// <param name="CorrelationId">The id of the <see cref="SendNext"/>; null: none.</param>
public sealed record Confirmed(OfferStatus Status, int Accepted, int Consumed, string? CorrelationId)
    : INoSerializationVerificationNeeded;
