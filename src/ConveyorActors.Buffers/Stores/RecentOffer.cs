namespace ConveyorActors.Buffers.Stores;

/// <summary>What an offer with an id has done so far.</summary>
/// <param name="Client">The client's id.</param>
/// <param name="Number">The offer's number.</param>
/// <param name="Status">The status of the result.</param>
/// <param name="Accepted">How many records are in the buffer.</param>
/// <param name="Consumed">How many records the client need not offer again.</param>
/// <param name="Evicted">How many older records gave way.</param>
/// <param name="IsComplete">
/// Whether this is the offer's result; otherwise the offer waits for room for the rest.
/// </param>
/// <param name="At">When it happened, in milliseconds.</param>
public readonly record struct RecentOffer(
    Guid Client,
    long Number,
    OfferStatus Status,
    int Accepted,
    int Consumed,
    int Evicted,
    bool IsComplete,
    long At
);
