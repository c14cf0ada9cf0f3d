using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Links;

/// <summary>What goes over the wire between a port and the node that holds the buffers.</summary>
interface ILinkMessage : IConveyorMessage
{
    /// <summary>Names the link.</summary>
    Guid Link { get; }
}

/// <summary>Begins, probes and ends a link.</summary>
/// <param name="Link">Names the link; the port chooses it.</param>
/// <param name="Step">Which of these.</param>
/// <param name="MaxBytes">The most bytes that the sender may put into a frame.</param>
sealed record LinkControl(Guid Link, LinkStep Step, int MaxBytes) : ILinkMessage;

/// <summary>What a <see cref="LinkControl"/> says.</summary>
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
}

/// <summary>A part of the sequence of messages that one side sends, and what it has received of the other side's.</summary>
/// <param name="Link">Names the link.</param>
/// <param name="Number">The frame's number, from 1; 0: it carries nothing but what was received.</param>
/// <param name="Received">Every frame of the other side up to this one has arrived.</param>
/// <param name="Part">A message's bytes, or a part of them.</param>
/// <param name="More">The message goes on in the next frame.</param>
sealed record LinkFrame(Guid Link, long Number, long Received, ReadOnlyMemory<byte> Part, bool More) : ILinkMessage
{
    public bool Equals(LinkFrame? other) =>
        other is not null && Link == other.Link && Number == other.Number && Received == other.Received && More == other.More && Part.Span.SequenceEqual(other.Part.Span);

    public override int GetHashCode() => HashCode.Combine(Link, Number, Received, Part.Length, More);
}
