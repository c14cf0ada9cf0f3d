namespace ConveyorActors.Actors.Wire;

/// <summary>A command on the wire: it may have a name that its sender gave it.</summary>
interface ICommandProto
{
    string CorrelationId { get; set; }

    bool HasCorrelationId { get; }
}

/// <summary>A reply on the wire: it may name the command that it is for.</summary>
interface IReplyProto
{
    Proto.CommandReference InReplyTo { get; set; }
}
