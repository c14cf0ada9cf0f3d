namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The base class of the exceptions of a service whose buffers are elsewhere, in actors or on another machine: a call
/// was not carried out, or got no reply.
/// </summary>
public abstract class BufferUnavailableException : Exception
{
    /// <summary>Initializes an exception with a message.</summary>
    protected BufferUnavailableException(string message)
        : base(message) { }

    /// <summary>Initializes an exception with a message and a cause.</summary>
    protected BufferUnavailableException(string message, Exception cause)
        : base(message, cause) { }

    /// <summary>
    /// Gets whether the call may have taken effect: there was no reply. False: it was not carried out.
    /// </summary>
    public abstract bool MayHaveTakenEffect { get; }
}
