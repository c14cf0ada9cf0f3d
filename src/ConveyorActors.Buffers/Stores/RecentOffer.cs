namespace ConveyorActors.Buffers.Stores;

/// <summary>The progress of an offer with an id.</summary>
/// <param name="Client">The client's id.</param>
/// <param name="Number">The offer's number.</param>
/// <param name="Status">The status of the result.</param>
/// <param name="Accepted">The number of records that are in the buffer.</param>
/// <param name="Consumed">The number of records that the client need not offer again.</param>
/// <param name="Evicted">The number of older records that were dropped to make room.</param>
/// <param name="IsComplete">
/// True when this is the offer's final result; false when the offer waits for room for its remaining records.
/// </param>
/// <param name="At">The time of this progress, in milliseconds.</param>
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
