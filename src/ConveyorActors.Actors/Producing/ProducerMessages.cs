namespace ConveyorActors.Actors.Producing;

/// <summary>
/// Tells a <see cref="BufferProducerActor"/> who brings the records. Registering another producer, or the same one
/// again, replaces the one before.
/// </summary>
/// <param name="Producer">
/// Gets <see cref="RequestNext"/>. Watched: what it was promised and has not used is given back when it dies.
/// </param>
public sealed record RegisterProducer(IActorRef Producer) : INoSerializationVerificationNeeded;

/// <summary>Asks the producer for records: there is room for them.</summary>
/// <param name="Credits">
/// How many may be sent, in one <see cref="SendNext"/> or several. Replaces what was requested before.
/// </param>
/// <param name="SendNextTo">Where to send them.</param>
public sealed record RequestNext(int Credits, IActorRef SendNextTo) : INoSerializationVerificationNeeded;

/// <summary>Records that were requested. Replied to with <see cref="Confirmed"/>, in the order of sending.</summary>
/// <param name="Records">The records, in order; not more than are requested still.</param>
/// <param name="CorrelationId">Comes back with the reply; null: none.</param>
public sealed record SendNext(IReadOnlyList<ConveyorRecord> Records, string? CorrelationId = null)
    : INoSerializationVerificationNeeded;

/// <summary>
/// What became of a <see cref="SendNext"/>: all of it is settled with, unless the status says otherwise.
/// </summary>
/// <param name="Status">
/// Accepted, Duplicate or Dropped: none need be sent again. TooLarge, Draining: what stopped it; the records behind the
/// consumed ones stay with the producer.
/// </param>
/// <param name="Accepted">How many records are in the stage.</param>
/// <param name="Consumed">How many, from the first, need not be sent again.</param>
/// <param name="CorrelationId">The one that was sent.</param>
public sealed record Confirmed(OfferStatus Status, int Accepted, int Consumed, string? CorrelationId)
    : INoSerializationVerificationNeeded;
