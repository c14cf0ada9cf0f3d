namespace ConveyorActors.Buffers;

/// <summary>Specifies when an offer to a manager that persists its records is acknowledged.</summary>
public enum AckLevel : byte
{
    /// <summary>
    /// The offer is acknowledged when its records are in the buffer. They are written soon after, together with those
    /// of other offers.
    /// </summary>
    Buffered,

    /// <summary>
    /// The offer is acknowledged when its records are persisted: they survive a crash or a power failure.
    /// </summary>
    Persisted,
}
