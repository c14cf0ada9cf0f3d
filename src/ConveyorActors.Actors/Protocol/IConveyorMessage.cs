namespace ConveyorActors.Actors.Protocol;

/// <summary>Everything that may cross a wire. It has a serializer of its own, never a reflecting one.</summary>
public interface IConveyorMessage;

/// <summary>A message to a pipeline: the manager actor is the entity of this name.</summary>
public interface IPipelineCommand : IConveyorMessage
{
    /// <summary>The pipeline.</summary>
    string Pipeline { get; }
}

/// <summary>A command that the stage's actor answers.</summary>
public interface IStageCommand : IPipelineCommand
{
    /// <summary>The stage.</summary>
    string Stage { get; }
}

/// <summary>A command that the source's actor answers.</summary>
public interface ISourceCommand : IPipelineCommand
{
    /// <summary>The source.</summary>
    string Source { get; }
}

/// <summary>A command whose answer may take as long as it takes to come: for records, or for room.</summary>
public interface IWaitingCommand : IPipelineCommand
{
    /// <summary>
    /// Names the wait, so that <see cref="CancelWait"/> can end it and the command can be sent again when its reply
    /// does not come: as long as the wait is under way, or its reply is among the last 64 (and 1 MiB) of the stage or
    /// source and the lease it gave is neither settled nor over, the same command of the same owner changes nothing and
    /// gets the same reply. Each wait has a name of its own; empty: it has none.
    /// </summary>
    Guid Wait { get; }

    /// <summary>
    /// Who waits: when it dies the wait ends, and leases it was given go back. Null: the sender, unless that is
    /// somebody who only asks.
    /// </summary>
    IActorRef? Owner { get; }
}

/// <summary>
/// An answer. Each command says in its summary which one it is answered with; <see cref="Failed"/> is possible
/// everywhere.
/// </summary>
public interface IConveyorReply : IConveyorMessage;
