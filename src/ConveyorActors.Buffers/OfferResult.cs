using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers;

/// <summary>The answer to an offer. A batch is accepted as a prefix, in order.</summary>
/// <param name="Status">Accepted when nothing stopped the offer, otherwise what did.</param>
/// <param name="Accepted">
/// How many records are in the buffer now: the first ones of the batch that were not duplicates.
/// </param>
/// <param name="Consumed">
/// How many records of the batch, from its start, the caller need not offer again: accepted, duplicate or dropped ones.
/// </param>
/// <param name="Evicted">
/// How many older records gave way (<see cref="FullMode.DropOldest"/>). The ledger has them.
/// </param>
/// <param name="Signal">What the source should do now.</param>
/// <param name="Credits">The least of the free room of manager and source after this offer, in records.</param>
public readonly record struct OfferResult(
    OfferStatus Status,
    int Accepted,
    int Consumed,
    int Evicted,
    BackpressureSignal Signal,
    long Credits
)
{
    /// <summary>True when every record of the offer is in the buffer.</summary>
    public bool IsAccepted => Status == OfferStatus.Accepted;

    /// <summary>
    /// True when a refusal can end, so that offering again makes sense: StageFull, SourceFull, GlobalFull,
    /// StoreFailing, Held and BudgetFull. A source that listens to its signals is woken when it has ended. TooLarge,
    /// Duplicate, Dropped and Draining do not end.
    /// </summary>
    public bool CanRetry =>
        Status
            is OfferStatus.StageFull
                or OfferStatus.SourceFull
                or OfferStatus.GlobalFull
                or OfferStatus.StoreFailing
                or OfferStatus.Held
                or OfferStatus.BudgetFull;
}
