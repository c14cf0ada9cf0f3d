namespace ConveyorActors.Buffers;

/// <summary>
/// Why a record that was offered did not go through. Each one is counted in the <see cref="LossLedger"/>.
/// </summary>
public enum LossReason : byte
{
    /// <summary>Refused: the stage had no room.</summary>
    StageFull,

    /// <summary>Refused: the source had no room.</summary>
    SourceFull,

    /// <summary>Refused: the manager had no room.</summary>
    GlobalFull,

    /// <summary>Refused: more bytes than a limit could ever admit.</summary>
    TooLarge,

    /// <summary>Refused: accepted before, within the window.</summary>
    Duplicate,

    /// <summary>Refused: the manager was stopping.</summary>
    Draining,

    /// <summary>Refused: it could not be written to disk.</summary>
    StoreFailing,

    /// <summary>Refused because an operator held the source.</summary>
    Held,

    /// <summary>Refused: the source's budget over the cluster had no room.</summary>
    BudgetFull,

    /// <summary>Dropped: gave way to a newer record.</summary>
    DroppedOldest,

    /// <summary>Dropped at the door: the stage was full.</summary>
    DroppedNewest,

    /// <summary>Gone: what was kept of it on disk cannot be read any more. It is set aside there.</summary>
    Damaged,

    /// <summary>Expired: waited longer than its time to live.</summary>
    Expired,

    /// <summary>Dead-lettered: returned more often than allowed.</summary>
    RetriesExhausted,

    /// <summary>Dead-lettered: its consumer said so.</summary>
    Rejected,

    /// <summary>Dead-lettered: a result of a hop with more bytes than a limit could ever admit.</summary>
    ResultTooLarge,
}
