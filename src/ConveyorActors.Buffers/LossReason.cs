namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies why an offered record did not go through. Each loss is counted in the <see cref="LossLedger"/>.
/// </summary>
public enum LossReason : byte
{
    /// <summary>Refused: the stage had no room.</summary>
    StageFull,

    /// <summary>Refused: the source had no room.</summary>
    SourceFull,

    /// <summary>Refused: the manager had no room.</summary>
    GlobalFull,

    /// <summary>Refused: the record has more bytes than a limit can admit.</summary>
    TooLarge,

    /// <summary>Refused: a record with this id was accepted before, within the duplicate window.</summary>
    Duplicate,

    /// <summary>Refused: the manager was stopping.</summary>
    Draining,

    /// <summary>Refused: the record could not be written to disk.</summary>
    StoreFailing,

    /// <summary>Refused: an operator held the source.</summary>
    Held,

    /// <summary>Refused: the source's budget over the cluster had no room.</summary>
    BudgetFull,

    /// <summary>Dropped: the record was removed to make room for a newer one.</summary>
    DroppedOldest,

    /// <summary>Dropped: the stage was full when the record was offered.</summary>
    DroppedNewest,

    /// <summary>Lost: the stored record is damaged and can no longer be read. The store sets it aside.</summary>
    Damaged,

    /// <summary>Expired: the record waited longer than its time to live.</summary>
    Expired,

    /// <summary>Dead-lettered: the record was returned more often than allowed.</summary>
    RetriesExhausted,

    /// <summary>Dead-lettered: by its consumer's request.</summary>
    Rejected,

    /// <summary>
    /// Dead-lettered: the record is the result of a hop and has more bytes than a limit can admit.
    /// </summary>
    ResultTooLarge,
}
