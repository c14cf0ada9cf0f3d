using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers;

/// <summary>The result of an offer. A batch is accepted as a prefix, in order.</summary>
/// <param name="Status">
/// Accepted when every record of the offer is in the buffer; otherwise the reason why the offer stopped or, if every
/// record was consumed, why some are not in the buffer: Duplicate or Dropped.
/// </param>
/// <param name="Accepted">
/// The number of records that are in the buffer now: the first ones of the batch that were not duplicates.
/// </param>
/// <param name="Consumed">
/// The number of records, from the start of the batch, that the caller need not offer again: accepted, duplicate or
/// dropped ones.
/// </param>
/// <param name="Evicted">
/// The number of older records that were dropped to make room (<see cref="FullMode.DropOldest"/>). The ledger counts
/// them.
/// </param>
/// <param name="Signal">The signal that the source should follow now.</param>
/// <param name="Credits">
/// The free room of the manager or of the source after this offer, whichever is less, in records.
/// </param>
public readonly record struct OfferResult(
    OfferStatus Status,
    int Accepted,
    int Consumed,
    int Evicted,
    BackpressureSignal Signal,
    long Credits
)
{
    /// <summary>
    /// Gets whether the offer succeeded: every record is in the buffer and, if the offer had to be persisted, on disk.
    /// </summary>
    public bool IsAccepted => Status == OfferStatus.Accepted;

    /// <summary>
    /// Gets whether the refusal may end, so that offering again is useful: StageFull, SourceFull, GlobalFull,
    /// StoreFailing, Held and BudgetFull. A source that subscribes to its signals is notified when the refusal has
    /// ended. TooLarge, Duplicate, Dropped and Draining do not end. False if <see cref="IsUnwritten"/>.
    /// </summary>
    public bool CanRetry => IsRetryable(Status) && !IsUnwritten;

    /// <summary>
    /// Gets whether the status StoreFailing concerns only the write: the records counted as accepted are in the buffer
    /// and will be written as soon as possible, and no record was refused that should be offered again.
    /// </summary>
    public bool IsUnwritten { get; init; }

    /// <summary>Returns whether a refusal with a status may end.</summary>
    internal static bool IsRetryable(OfferStatus status) =>
        status
            is OfferStatus.StageFull
                or OfferStatus.SourceFull
                or OfferStatus.GlobalFull
                or OfferStatus.StoreFailing
                or OfferStatus.Held
                or OfferStatus.BudgetFull;
}
