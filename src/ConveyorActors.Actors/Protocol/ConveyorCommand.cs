namespace ConveyorActors.Actors.Protocol;

/// <summary>What all commands have in common.</summary>
public abstract record ConveyorCommand : IConveyorMessage
{
    /// <summary>
    /// A name that the sender chooses for this command. The reply brings it back in
    /// <see cref="ConveyorReply.InReplyTo"/>. Null (default): none.
    /// </summary>
    public string? CorrelationId { get; init; }
}
