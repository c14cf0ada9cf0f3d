namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Marks a message that may cross a network connection. It has a serializer of its own, never one based on reflection.
/// </summary>
public interface IConveyorMessage;

/// <summary>A command to a pipeline. The manager actor of the named pipeline receives it.</summary>
public interface IPipelineCommand : IConveyorMessage
{
    /// <summary>Gets the name of the pipeline.</summary>
    string Pipeline { get; }
}

/// <summary>A command that the stage's actor handles.</summary>
public interface IStageCommand : IPipelineCommand
{
    /// <summary>Gets the name of the stage.</summary>
    string Stage { get; }
}

/// <summary>A command that the source's actor handles.</summary>
public interface ISourceCommand : IPipelineCommand
{
    /// <summary>Gets the name of the source.</summary>
    string Source { get; }
}

/// <summary>A command that may wait for records or for room. The time until its reply is not bounded.</summary>
public interface IWaitingCommand : IPipelineCommand
{
    /// <summary>
    /// Gets the wait's name, by which <see cref="CancelWait"/> can end it and the command can be sent again if its
    /// reply does not come. The same command of the same owner changes nothing and gets the same reply as long as the
    /// wait is under way, or as long as its reply is among the last 64 (and 1 MiB) of the stage or source and the lease
    /// it gave is neither settled nor expired. Each wait has a name of its own; empty: none.
    /// </summary>
    Guid Wait { get; }

    /// <summary>
    /// Gets the actor that waits. When it dies, the wait ends and the leases given to it are returned. Null: the
    /// sender, unless the sender is the temporary actor of an <c>Ask</c>.
    /// </summary>
    IActorRef? Owner { get; }
}

/// <summary>
/// A reply to a command. The summary of each command names its reply; <see cref="Failed"/> is possible for every
/// command.
/// </summary>
public interface IConveyorReply : IConveyorMessage;
