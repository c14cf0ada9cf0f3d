namespace ConveyorActors.Actors.Links;

/// <summary>
/// One end of a link: turns messages into numbered frames and frames into messages, so that each message arrives once and in order whatever the wire loses,
/// doubles, delays or reorders.
/// </summary>
/// <remarks>Pure state, used by one actor: it has neither clock nor actor. At most <see cref="Window"/> frames are on their way in each direction.</remarks>
sealed class LinkState(Guid link)
{
    /// <summary>How many frames may be unconfirmed at once, and how many early frames are kept.</summary>
    public const int Window = 64;

    readonly LinkedList<(byte[] Message, object? Group)> waiting = [];
    readonly Queue<LinkFrame> unconfirmed = [];
    readonly Dictionary<long, LinkFrame> early = [];
    readonly MemoryStream assembling = new();
    long sent, received, stuckAt;
    int begun; // bytes of the first waiting message that are in frames already

    /// <summary>The link's id.</summary>
    public Guid Link => link;

    /// <summary>The most bytes in a frame.</summary>
    public int MaxBytes { get; set; } = int.MaxValue;

    /// <summary>Every frame of the other side up to this one has arrived.</summary>
    public long Received => received;

    /// <summary>Whether frames are on their way that the other side has not confirmed.</summary>
    public bool HasUnconfirmed => unconfirmed.Count > 0;

    /// <summary>Puts a message behind those that wait to be sent.</summary>
    public void Send(byte[] message) => waiting.AddLast((message, null));

    /// <summary>Adds a message of a group of which only the latest matter: the group's oldest one is dropped when too many of them wait.</summary>
    public void SendLatest(byte[] message, object group, int mostKept)
    {
        waiting.AddLast((message, group));
        if (waiting.Count <= mostKept) return;
        LinkedListNode<(byte[] Message, object? Group)>? oldest = null;
        var count = 0;
        for (var node = waiting.First; node is not null; node = node.Next)
        {
            if (!group.Equals(node.Value.Group) || node == waiting.First && begun > 0) continue;
            oldest ??= node;
            count++;
        }
        if (count > mostKept) waiting.Remove(oldest!);
    }

    /// <summary>The frames that may be sent now and have not been.</summary>
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
            unconfirmed.Enqueue(frame);
            yield return frame;
        }
    }

    /// <summary>
    /// The frames to be sent again; called from time to time. There are none while the other side goes on confirming: on a wire that is merely slow, sending
    /// again would make it slower.
    /// </summary>
    public IEnumerable<LinkFrame> Again()
    {
        var oldest = unconfirmed.TryPeek(out var first) ? first.Number : 0;
        if (oldest == 0 || oldest != stuckAt)
        {
            stuckAt = oldest;
            yield break;
        }
        foreach (var frame in unconfirmed) yield return frame with { Received = received };
    }

    /// <summary>Returns a frame that carries nothing but the confirmation.</summary>
    public LinkFrame Confirmation() => new(link, 0, received, ReadOnlyMemory<byte>.Empty, More: false);

    /// <summary>Receives a frame. Returns the messages that are complete with it, in order.</summary>
    public IReadOnlyList<byte[]> Receive(LinkFrame frame)
    {
        while (unconfirmed.TryPeek(out var oldest) && oldest.Number <= frame.Received) unconfirmed.Dequeue();
        if (frame.Number <= received || frame.Number > received + Window) return [];
        early[frame.Number] = frame;
        List<byte[]>? messages = null;
        while (early.Remove(received + 1, out var next))
        {
            received++;
            if (!next.More && assembling.Length == 0) (messages ??= []).Add(next.Part.ToArray());
            else
            {
                assembling.Write(next.Part.Span);
                if (next.More) continue;
                (messages ??= []).Add(assembling.ToArray());
                assembling.SetLength(0);
                assembling.Capacity = 0;
            }
        }
        return messages ?? [];
    }
}
