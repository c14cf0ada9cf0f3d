namespace ConveyorActors.Actors.Protocol;

/// <summary>A message on the link between a port and the node that holds the buffers.</summary>
interface ILinkMessage : IConveyorMessage
{
    /// <summary>Gets the link's id.</summary>
    Guid Link { get; }
}

/// <summary>Opens, probes or closes a link.</summary>
/// <param name="Link">The link's id, chosen by the port.</param>
/// <param name="Step">Whether the message opens, probes, confirms, denies or ends the link.</param>
/// <param name="MaxBytes">The most bytes that the sender may put into a frame.</param>
sealed record LinkControl(Guid Link, LinkStep Step, int MaxBytes) : ILinkMessage
{
    /// <summary>
    /// Gets, with <see cref="LinkStep.Ended"/>, the number of the port's last frame that was executed. Later frames
    /// will never be executed.
    /// </summary>
    public long Received { get; init; }
}

/// <summary>Specifies the kind of a <see cref="LinkControl"/>.</summary>
enum LinkStep : byte
{
    /// <summary>Port to server: open the link, unless it is open already.</summary>
    Open,

    /// <summary>Port to server: the link was opened before; report whether it still exists.</summary>
    Probe,

    /// <summary>Server to port: the link is open.</summary>
    Opened,

    /// <summary>Server to port: the link does not exist, or no longer.</summary>
    Unknown,

    /// <summary>Port to server: the port has ended.</summary>
    Close,

    /// <summary>
    /// Server to port: the link has ended. Calls in later frames than <see cref="LinkControl.Received"/> were not
    /// executed and will not be.
    /// </summary>
    Ended,
}

/// <summary>
/// A part of the sequence of messages that one side sends, with a confirmation of the other side's frames.
/// </summary>
/// <param name="Link">The link's id.</param>
/// <param name="Number">The frame's number, from 1; 0: the frame carries only the confirmation.</param>
/// <param name="Received">The number of the last frame of the other side up to which every frame has arrived.</param>
/// <param name="Part">A message's bytes, or a part of them.</param>
/// <param name="More">Whether the message continues in the next frame.</param>
sealed record LinkFrame(Guid Link, long Number, long Received, ReadOnlyMemory<byte> Part, bool More) : ILinkMessage
{
    public bool Equals(LinkFrame? other) =>
        other is not null
        && Link == other.Link
        && Number == other.Number
        && Received == other.Received
        && More == other.More
        && Part.Span.SequenceEqual(other.Part.Span);

    public override int GetHashCode() => HashCode.Combine(Link, Number, Received, Part.Length, More);
}
