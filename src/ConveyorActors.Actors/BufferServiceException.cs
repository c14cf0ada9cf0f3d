using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors;

/// <summary>
/// The exception that is thrown when a command could not be carried out, or the actors that hold the buffers did not
/// reply.
/// </summary>
/// <remarks>
/// An <c>Ask</c> of one of this library's actors fails with this exception when the reply is <see cref="Failed"/>; the
/// exception's message is the reply's message.
/// </remarks>
public sealed class BufferServiceException : BufferUnavailableException
{
    /// <summary>Initializes an exception with a message.</summary>
    public BufferServiceException(string message)
        : base(message) { }

    /// <summary>Initializes an exception with a message and a cause.</summary>
    public BufferServiceException(string message, Exception cause)
        : base(message, cause) { }

    /// <summary>Initializes an exception from the reply that refused a command.</summary>
    internal BufferServiceException(Failed failed)
        : base(failed.Message) => Failed = failed;

    /// <summary>
    /// Gets why the command could not be carried out. Null: there was no reply, and whether the command took effect is
    /// not known. <see cref="Protocol.Problem.NotNow"/>: the command was not executed, because the node that holds the
    /// buffers, or this port, has ended.
    /// </summary>
    public Problem? Problem => Failed?.Problem;

    /// <inheritdoc/>
    public override bool MayHaveTakenEffect => Problem is null;

    /// <summary>Gets the name of the argument that is wrong; null: no argument is to blame.</summary>
    public string? Parameter => Failed?.Parameter;

    /// <summary>Gets the reply; null: there was none.</summary>
    internal Failed? Failed { get; }
}
