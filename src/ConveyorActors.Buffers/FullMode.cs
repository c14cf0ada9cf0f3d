namespace ConveyorActors.Buffers;

/// <summary>Specifies what a stage does with an offer when it is full.</summary>
public enum FullMode : byte
{
    /// <summary>The stage refuses the records; they stay with the caller. The default.</summary>
    Reject,

    /// <summary>
    /// An asynchronous offer completes when there is room under every limit, or is cancelled and leaves nothing behind.
    /// A synchronous offer is refused.
    /// </summary>
    Wait,

    /// <summary>
    /// The stage drops its oldest buffered records to make room. The result and the ledger contain their number.
    /// </summary>
    DropOldest,

    /// <summary>
    /// The stage drops the offered records that find no room. The result and the ledger contain their number.
    /// </summary>
    DropNewest,
}
