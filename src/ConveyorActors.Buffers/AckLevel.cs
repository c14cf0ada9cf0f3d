namespace ConveyorActors.Buffers;

/// <summary>Specifies when an offer is acknowledged, where a manager persists its records.</summary>
public enum AckLevel : byte
{
    /// <summary>
    /// When the records are in the buffer. They are written soon after, together with those of other offers.
    /// </summary>
    Buffered,

    /// <summary>When the records are persisted: they are there after a crash or a power cut.</summary>
    Persisted,
}
