using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Links;

/// <summary>The links that end at a node. Used by the actor that takes commands to its pipelines; outlives its restarts.</summary>
sealed class LinkSessions(WireSettings settings, int maxBytes, Func<bool> isStopping, Func<string, bool> isHere)
{
    readonly Dictionary<Guid, IActorRef> sessions = [];

    /// <summary>Handles a link's message: opens a link, passes the message on, or replies that there is no such link.</summary>
    public void Take(ILinkMessage message, IActorRef sender, IActorContext context)
    {
        if (sessions.TryGetValue(message.Link, out var session)) session.Tell(message, sender);
        else if (message is LinkControl { Step: LinkStep.Open } open)
        {
            var (pipelines, wire, bytes, stopping, here) = (context.Self, settings, maxBytes, isStopping, isHere);
            session = context.Watch(context.ActorOf(Props.Create(() => new LinkSession(open, sender, pipelines, wire, bytes, stopping, here))));
            sessions[message.Link] = session;
            session.Tell(message, sender);
        }
        else if (message is not LinkControl { Step: LinkStep.Close })
            sender.Tell(new LinkControl(message.Link, LinkStep.Unknown, maxBytes), context.Self);
    }

    /// <summary>A session has ended.</summary>
    public void Remove(IActorRef session)
    {
        foreach (var (link, known) in sessions)
            if (known.Equals(session))
            {
                sessions.Remove(link);
                return;
            }
    }

    /// <summary>All sessions have ended with their parent: a port opens a new link.</summary>
    public void RemoveAll() => sessions.Clear();
}
