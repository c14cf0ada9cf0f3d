using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// One end of a link. Turns messages into numbered frames and frames into messages, so that each message arrives once
/// and in order even if the network loses, duplicates, delays or reorders frames.
/// </summary>
/// <remarks>
/// Pure state, used by one actor: it has neither clock nor actor. At most <see cref="Window"/> frames are on their way
/// in each direction.
/// </remarks>
sealed class LinkState(Guid link)
{
    /// <summary>The most frames that may be unconfirmed at once, and the most early frames that are kept.</summary>
    public const int Window = 64;

    readonly LinkedList<Outgoing> waiting = [];
    readonly Queue<(LinkFrame Frame, long EndOf)> unconfirmed = [];
    readonly Dictionary<long, LinkFrame> early = [];
    readonly MemoryStream assembling = new();
    long sent,
        received,
        stuckAt;
    int begun; // bytes of the first waiting message that are in frames already

    /// <summary>A message that waits to be sent.</summary>
    /// <param name="Message">The message's bytes.</param>
    /// <param name="Group">The message's group, of which only the latest messages matter; null: in no group.</param>
    /// <param name="Call">The number of the call; 0: none.</param>
    readonly record struct Outgoing(byte[] Message, object? Group, long Call);

    /// <summary>Gets the link's id.</summary>
    public Guid Link => link;

    /// <summary>Gets or sets the most bytes in a frame.</summary>
    public int MaxBytes { get; set; } = int.MaxValue;

    /// <summary>Gets the number of the last frame of the other side up to which every frame has arrived.</summary>
    public long Received => received;

    /// <summary>Gets whether the other side has confirmed every message.</summary>
    public bool IsConfirmed => unconfirmed.Count == 0 && waiting.Count == 0;

    /// <summary>
    /// Gets the calls of which the other side cannot have received the whole message, because some of its frames were
    /// not sent.
    /// </summary>
    public IEnumerable<long> CallsNotSent => waiting.Select(static w => w.Call).Where(static call => call != 0);

    /// <summary>Gets the calls whose whole message the other side has not confirmed.</summary>
    public IEnumerable<long> CallsNotConfirmed =>
        unconfirmed.Select(static u => u.EndOf).Where(static call => call != 0).Concat(CallsNotSent);

    /// <summary>Queues a message for sending.</summary>
    public void Send(byte[] message, long call = 0) => waiting.AddLast(new Outgoing(message, null, call));

    /// <summary>
    /// Queues a message of a group of which only the latest messages matter. If too many of them wait, the group's
    /// oldest one is dropped.
    /// </summary>
    public void SendLatest(byte[] message, object group, int mostKept)
    {
        waiting.AddLast(new Outgoing(message, group, 0));
        if (waiting.Count <= mostKept)
            return;
        LinkedListNode<Outgoing>? oldest = null;
        var count = 0;
        for (var node = waiting.First; node is not null; node = node.Next)
        {
            if (!group.Equals(node.Value.Group) || node == waiting.First && begun > 0)
                continue;
            oldest ??= node;
            count++;
        }
        if (count > mostKept)
            waiting.Remove(oldest!);
    }

    /// <summary>Takes the frames that may be sent now for the first time.</summary>
    public IEnumerable<LinkFrame> TakeNew()
    {
        while (waiting.First is { } first && unconfirmed.Count < Window)
        {
            var message = first.Value.Message;
            var size = Math.Min(MaxBytes, message.Length - begun);
            var part = message.AsMemory(begun, size);
            begun += size;
            var isWhole = begun == message.Length;
            if (isWhole)
            {
                begun = 0;
                waiting.RemoveFirst();
            }
            var frame = new LinkFrame(link, ++sent, received, part, !isWhole);
            unconfirmed.Enqueue((frame, isWhole ? first.Value.Call : 0));
            yield return frame;
        }
    }

    /// <summary>
    /// Returns the frames to send again; called from time to time. There are none while the other side continues
    /// to confirm: on a slow network, sending again would make it slower.
    /// </summary>
    public IEnumerable<LinkFrame> GetFramesToResend()
    {
        var oldest = unconfirmed.TryPeek(out var first) ? first.Frame.Number : 0;
        if (oldest == 0 || oldest != stuckAt)
        {
            stuckAt = oldest;
            yield break;
        }
        foreach (var (frame, _) in unconfirmed)
            yield return frame with
            {
                Received = received,
            };
    }

    /// <summary>Returns a frame that carries only the confirmation.</summary>
    public LinkFrame CreateConfirmation() => new(link, 0, received, ReadOnlyMemory<byte>.Empty, More: false);

    /// <summary>Records that the other side has received every frame up to a number.</summary>
    public void Confirm(long number)
    {
        while (unconfirmed.TryPeek(out var oldest) && oldest.Frame.Number <= number)
            unconfirmed.Dequeue();
    }

    /// <summary>Receives a frame. Returns the messages that it completes, in order.</summary>
    public IReadOnlyList<byte[]> Receive(LinkFrame frame)
    {
        Confirm(frame.Received);
        if (frame.Number <= received || frame.Number > received + Window)
            return [];
        early[frame.Number] = frame;
        List<byte[]>? messages = null;
        while (early.Remove(received + 1, out var next))
        {
            received++;
            if (!next.More && assembling.Length == 0)
                (messages ??= []).Add(next.Part.ToArray());
            else
            {
                assembling.Write(next.Part.Span);
                if (next.More)
                    continue;
                (messages ??= []).Add(assembling.ToArray());
                assembling.SetLength(0);
                assembling.Capacity = 0;
            }
        }
        return messages ?? [];
    }
}
