namespace ConveyorActors.Actors;

/// <summary>The actors that hold the buffers did not answer, or failed. Whether the call took effect is not known.</summary>
public sealed class BufferServiceException : Exception
{
    /// <summary>Says what happened.</summary>
    public BufferServiceException(string message)
        : base(message) { }

    /// <summary>Says what happened, and why.</summary>
    public BufferServiceException(string message, Exception cause)
        : base(message, cause) { }
}
