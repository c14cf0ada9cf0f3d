namespace ConveyorActors.Buffers.Service;

/// <summary>Specifies whether an operator holds a source or a stage.</summary>
public enum HoldTarget : byte
{
    /// <summary>
    /// A source: its signal is Pause, its offers are refused as <see cref="OfferStatus.Held"/>, and no credits are
    /// granted to it.
    /// </summary>
    Source,

    /// <summary>A stage: it gives no new leases. Leased records can be settled.</summary>
    Stage,
}
