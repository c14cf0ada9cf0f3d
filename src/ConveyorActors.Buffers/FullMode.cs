namespace ConveyorActors.Buffers;

/// <summary>What a stage does with an offer when it is full.</summary>
public enum FullMode : byte
{
    /// <summary>Refuse; the record stays with the caller. The default.</summary>
    Reject,

    /// <summary>
    /// An asynchronous offer completes when there is room under every limit, or is cancelled and leaves nothing behind.
    /// A synchronous one is refused.
    /// </summary>
    Wait,

    /// <summary>The stage's oldest buffered records give way. The answer and the ledger say how many.</summary>
    DropOldest,

    /// <summary>The offered records that find no room are dropped. The answer and the ledger say how many.</summary>
    DropNewest,
}
