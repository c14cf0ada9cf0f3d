namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The exception that is thrown when a call was sent to buffers that are elsewhere, in actors or on another machine, and
/// no reply came in time. Whether the call took effect is not known.
/// </summary>
public class NoReplyException : TimeoutException
{
    /// <summary>Initializes an exception with a message.</summary>
    public NoReplyException(string message)
        : base(message) { }

    /// <summary>Initializes an exception with a message and a cause.</summary>
    public NoReplyException(string message, Exception cause)
        : base(message, cause) { }
}
