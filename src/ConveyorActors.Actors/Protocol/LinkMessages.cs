namespace ConveyorActors.Actors.Protocol;

/// <summary>A message on the wire between a port and the node that holds the buffers.</summary>
interface ILinkMessage : IConveyorMessage
{
    /// <summary>The link's id.</summary>
    Guid Link { get; }
}

/// <summary>Begins, probes and ends a link.</summary>
/// <param name="Link">The link's id, chosen by the port.</param>
/// <param name="Step">Whether it opens, probes, confirms, denies or ends the link.</param>
/// <param name="MaxBytes">The most bytes that the sender may put into a frame.</param>
sealed record LinkControl(Guid Link, LinkStep Step, int MaxBytes) : ILinkMessage
{
    /// <summary>
    /// With <see cref="LinkStep.Ended"/>: the port's frames up to this one were executed, and no others ever will be.
    /// </summary>
    public long Received { get; init; }
}

/// <summary>The kinds of <see cref="LinkControl"/>.</summary>
enum LinkStep : byte
{
    /// <summary>Port to server: begin, unless the link is there already.</summary>
    Open,

    /// <summary>Port to server: the link was opened before; is it still there?</summary>
    Probe,

    /// <summary>Server to port: the link is there.</summary>
    Opened,

    /// <summary>Server to port: there is no such link, or not any more.</summary>
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
/// <param name="Number">The frame's number, from 1; 0: it carries nothing but the confirmation.</param>
/// <param name="Received">Every frame of the other side up to this one has arrived.</param>
/// <param name="Part">A message's bytes, or a part of them.</param>
/// <param name="More">The message continues in the next frame.</param>
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
