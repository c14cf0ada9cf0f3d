namespace ConveyorActors.Buffers;

/// <summary>Specifies the outcome of an offer: why it stopped, or why records are not in the buffer.</summary>
public enum OfferStatus : byte
{
    /// <summary>All records of the offer are in the buffer.</summary>
    Accepted,

    /// <summary>The stage has no room. The refused records stay with the caller.</summary>
    StageFull,

    /// <summary>
    /// The source has reached its limit of pending records in this manager. The refused records stay with the caller.
    /// </summary>
    SourceFull,

    /// <summary>The manager has no room. The refused records stay with the caller.</summary>
    GlobalFull,

    /// <summary>The record has more bytes than a limit can admit. It stays with the caller.</summary>
    TooLarge,

    /// <summary>
    /// A record with this id was accepted within the duplicate window, so it is left out. Of a batch, every record was
    /// consumed: one or more are duplicates, and the others are accepted.
    /// </summary>
    Duplicate,

    /// <summary>The manager is stopping or has stopped. The refused records stay with the caller.</summary>
    Draining,

    /// <summary>
    /// The stage was full and its full mode is <see cref="FullMode.DropNewest"/>: the records that found no room were
    /// dropped and counted in the ledger.
    /// </summary>
    Dropped,

    /// <summary>
    /// The manager keeps its records on disk and the disk fails. The records that the result counts as accepted are in
    /// the buffer and will be written as soon as possible; the other records stay with the caller.
    /// </summary>
    StoreFailing,

    /// <summary>
    /// An operator holds the source (<see cref="Service.IOperatorHolds"/>). The refused records stay with the caller
    /// until the hold is lifted.
    /// </summary>
    Held,

    /// <summary>
    /// The source has reached its limit of pending records over all pipelines of the cluster,
    /// <c>conveyor.cluster.sources.NAME.max-records</c>, or its pipeline has not been granted room for some time, because
    /// the node that grants it cannot be reached or its journal cannot be written. The refused records stay with the caller.
    /// </summary>
    BudgetFull,
}
