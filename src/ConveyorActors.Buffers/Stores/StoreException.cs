namespace ConveyorActors.Buffers.Stores;

/// <summary>
/// The exception that is thrown when a pipeline's store does not allow a call: there is no store, it cannot be opened
/// now, or another process has taken the pipeline over. Nothing changed.
/// </summary>
public sealed class StoreException : InvalidOperationException
{
    /// <summary>Initializes an exception.</summary>
    /// <param name="message">The message, with the pipeline and the reason.</param>
    /// <param name="inner">The cause, if it is an exception.</param>
    public StoreException(string message, Exception? inner = null)
        : base(message, inner) { }
}
