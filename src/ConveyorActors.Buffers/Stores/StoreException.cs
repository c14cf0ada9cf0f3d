namespace ConveyorActors.Buffers.Stores;

/// <summary>A pipeline's store does not allow a call, or not now: there is none, it cannot be opened, or another process has taken the pipeline over. Nothing changed.</summary>
public sealed class StoreException : InvalidOperationException
{
    /// <summary>Initializes an exception.</summary>
    /// <param name="message">Names the pipeline and the reason.</param>
    /// <param name="inner">The cause, if it is an exception.</param>
    public StoreException(string message, Exception? inner = null)
        : base(message, inner) { }
}
