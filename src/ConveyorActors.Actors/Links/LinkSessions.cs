using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// The links that end at a node. Used by the actor that takes commands to its pipelines; outlives its restarts.
/// </summary>
sealed class LinkSessions(WireSettings settings, int maxBytes, Func<bool> isStopping, Func<string, bool> serves)
{
    readonly Dictionary<Guid, IActorRef> sessions = [];
    readonly List<IActorRef> awaitingEnd = [];
    bool isClosing;

    /// <summary>
    /// Handles a link's message: opens a link, passes the message on, or replies that the link does not exist.
    /// </summary>
    public void Take(ILinkMessage message, IActorRef sender, IActorContext context)
    {
        if (sessions.TryGetValue(message.Link, out var session))
            session.Tell(message, sender);
        else if (message is LinkControl { Step: LinkStep.Open } && isClosing)
            // the port has sent no call on it yet
            sender.Tell(new LinkControl(message.Link, LinkStep.Ended, maxBytes), context.Self);
        else if (message is LinkControl { Step: LinkStep.Open } open)
        {
            var (pipelines, wire, bytes, stopping, here) = (context.Self, settings, maxBytes, isStopping, serves);
            session = context.Watch(
                context.ActorOf(
                    Props.Create(() => new LinkSession(open, sender, pipelines, wire, bytes, stopping, here))
                )
            );
            sessions[message.Link] = session;
            session.Tell(message, sender);
        }
        else if (message is not LinkControl { Step: LinkStep.Close })
            sender.Tell(new LinkControl(message.Link, LinkStep.Unknown, maxBytes), context.Self);
    }

    /// <summary>
    /// Ends all links in order and opens no others. Each call is executed and gets its reply, or the port is notified
    /// that it was not executed.
    /// </summary>
    /// <param name="replyTo">Gets <see cref="LinksClosed"/> when all links have ended.</param>
    public void Close(IActorRef replyTo)
    {
        isClosing = true;
        foreach (var (_, session) in sessions)
            session.Tell(LinkSession.CloseInOrder.Instance);
        awaitingEnd.Add(replyTo);
        NotifyIfClosed();
    }

    void NotifyIfClosed()
    {
        if (!isClosing || sessions.Count > 0)
            return;
        foreach (var replyTo in awaitingEnd)
            replyTo.Tell(LinksClosed.Instance);
        awaitingEnd.Clear();
    }

    /// <summary>Removes a session that has ended.</summary>
    public void Remove(IActorRef session)
    {
        foreach (var (link, known) in sessions)
            if (known.Equals(session))
            {
                sessions.Remove(link);
                NotifyIfClosed();
                return;
            }
    }

    /// <summary>Removes all sessions, which ended with their parent. A port then opens a new link.</summary>
    public void RemoveAll()
    {
        sessions.Clear();
        NotifyIfClosed();
    }
}

/// <summary>
/// Ends the links of ports on other nodes in order. The reply of the actor of the pipelines is
/// <see cref="LinksClosed"/>.
/// </summary>
sealed record CloseLinks : INoSerializationVerificationNeeded
{
    public static CloseLinks Instance { get; } = new();
}

/// <summary>The reply to <see cref="CloseLinks"/>: all links have ended.</summary>
sealed record LinksClosed : INoSerializationVerificationNeeded
{
    public static LinksClosed Instance { get; } = new();
}
