using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// One end of a link: turns messages into numbered frames and frames into messages, so that each message arrives once
/// and in order whatever the wire loses, doubles, delays or reorders.
/// </summary>
/// <remarks>
/// Pure state, used by one actor: it has neither clock nor actor. At most <see cref="Window"/> frames are on their way
/// in each direction.
/// </remarks>
sealed class LinkState(Guid link)
{
    /// <summary>How many frames may be unconfirmed at once, and how many early frames are kept.</summary>
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
    /// <param name="Message">Its bytes.</param>
    /// <param name="Group">Of the messages of a group only the latest matter; null: in no group.</param>
    /// <param name="Call">The number of the call; 0: none.</param>
    readonly record struct Outgoing(byte[] Message, object? Group, long Call);

    /// <summary>The link's id.</summary>
    public Guid Link => link;

    /// <summary>The most bytes in a frame.</summary>
    public int MaxBytes { get; set; } = int.MaxValue;

    /// <summary>Every frame of the other side up to this one has arrived.</summary>
    public long Received => received;

    /// <summary>Whether the other side has confirmed everything that it was to be sent.</summary>
    public bool IsConfirmed => unconfirmed.Count == 0 && waiting.Count == 0;

    /// <summary>
    /// The calls of which the other side cannot have received the whole message, because not all of it was sent.
    /// </summary>
    public IEnumerable<long> CallsNotSent => waiting.Select(static w => w.Call).Where(static call => call != 0);

    /// <summary>The calls whose whole message the other side has not confirmed.</summary>
    public IEnumerable<long> CallsNotConfirmed =>
        unconfirmed.Select(static u => u.EndOf).Where(static call => call != 0).Concat(CallsNotSent);

    /// <summary>Puts a message behind those that wait to be sent.</summary>
    public void Send(byte[] message, long call = 0) => waiting.AddLast(new Outgoing(message, null, call));

    /// <summary>
    /// Adds a message of a group of which only the latest matter: the group's oldest one is dropped when too many of
    /// them wait.
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
            unconfirmed.Enqueue((frame, isWhole ? first.Value.Call : 0));
            yield return frame;
        }
    }

    /// <summary>
    /// The frames to be sent again; called from time to time. There are none while the other side goes on confirming:
    /// on a wire that is merely slow, sending again would make it slower.
    /// </summary>
    public IEnumerable<LinkFrame> Again()
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

    /// <summary>Returns a frame that carries nothing but the confirmation.</summary>
    public LinkFrame Confirmation() => new(link, 0, received, ReadOnlyMemory<byte>.Empty, More: false);

    /// <summary>Notes that the other side has received every frame up to a number.</summary>
    public void Confirm(long number)
    {
        while (unconfirmed.TryPeek(out var oldest) && oldest.Frame.Number <= number)
            unconfirmed.Dequeue();
    }

    /// <summary>Receives a frame. Returns the messages that are complete with it, in order.</summary>
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
