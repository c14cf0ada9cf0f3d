namespace ConveyorActors.Buffers.Cores;

/// <summary>Specifies the outcome of adding an item to a <see cref="CoreBuffers{T}"/>.</summary>
public enum EnqueueStatus : byte
{
    /// <summary>The item is in a buffer and will be drained, dead-lettered or reported as remaining.</summary>
    Accepted,

    /// <summary>The buffer has no room now. The item stays with the caller.</summary>
    Full,

    /// <summary>The buffers are not started, or are stopping. The item stays with the caller.</summary>
    NotStarted,
}
