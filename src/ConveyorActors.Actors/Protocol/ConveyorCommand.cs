namespace ConveyorActors.Actors.Protocol;

/// <summary>The base of all commands.</summary>
public abstract record ConveyorCommand : IConveyorMessage
{
    /// <summary>
    /// Gets a correlation id that the sender chooses for this command. The reply brings it back in
    /// <see cref="ConveyorReply.InReplyTo"/>. Null (default): none.
    /// </summary>
    public string? CorrelationId { get; init; }
}
