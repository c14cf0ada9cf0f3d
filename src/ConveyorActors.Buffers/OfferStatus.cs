namespace ConveyorActors.Buffers;

/// <summary>What became of an offer, or what stopped it.</summary>
public enum OfferStatus : byte
{
    /// <summary>All of it is in the buffer.</summary>
    Accepted,

    /// <summary>The stage has no room. The refused records stay with the caller.</summary>
    StageFull,

    /// <summary>
    /// The source has as many records pending in this manager as it may. The refused records stay with the caller.
    /// </summary>
    SourceFull,

    /// <summary>The manager has no room. The refused records stay with the caller.</summary>
    GlobalFull,

    /// <summary>The record has more bytes than a limit could ever admit. It stays with the caller.</summary>
    TooLarge,

    /// <summary>A record of this id was accepted within the window. Nothing changed.</summary>
    Duplicate,

    /// <summary>The manager is stopping or has stopped. The refused records stay with the caller.</summary>
    Draining,

    /// <summary>
    /// The stage was full and its rule is <see cref="FullMode.DropNewest"/>: the records over its room were dropped,
    /// and the ledger says so.
    /// </summary>
    Dropped,

    /// <summary>
    /// The manager keeps its records on disk and the disk fails. What the answer calls accepted is in the buffer and
    /// will be written when that is possible again; the rest stays with the caller.
    /// </summary>
    StoreFailing,

    /// <summary>
    /// An operator holds the source (<see cref="Service.IOperatorHolds"/>). The refused records stay with the caller
    /// until the hold is lifted.
    /// </summary>
    Held,

    /// <summary>
    /// The source has as many records pending over all pipelines of the cluster as
    /// <c>conveyor.cluster.sources.NAME.max-records</c> admits. The refused records stay with the caller.
    /// </summary>
    BudgetFull,
}
