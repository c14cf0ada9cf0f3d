using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors;

/// <summary>A command could not be carried out, or the actors that hold the buffers did not reply.</summary>
/// <remarks>
/// An <c>Ask</c> of an actor of ours fails with it when the reply is <see cref="Failed"/>; its message is that of the
/// reply.
/// </remarks>
public sealed class BufferServiceException : Exception
{
    /// <summary>Says what happened.</summary>
    public BufferServiceException(string message)
        : base(message) { }

    /// <summary>Says what happened, and why.</summary>
    public BufferServiceException(string message, Exception cause)
        : base(message, cause) { }

    /// <summary>Says what a command was refused for.</summary>
    internal BufferServiceException(Failed failed)
        : base(failed.Message) => Failed = failed;

    /// <summary>
    /// Why the command could not be carried out; null: there was no reply, and whether the command took effect is not
    /// known. <see cref="Protocol.Problem.NotNow"/>: the command was not executed, because the node that holds the
    /// buffers, or this port, has ended.
    /// </summary>
    public Problem? Problem => Failed?.Problem;

    /// <summary>The argument that is wrong, when it is one.</summary>
    public string? Parameter => Failed?.Parameter;

    /// <summary>The reply.</summary>
    internal Failed? Failed { get; }
}
