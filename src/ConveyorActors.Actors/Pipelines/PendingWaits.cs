using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The waits that are under way at one actor. Used by that actor alone; outlives its restarts.</summary>
sealed class PendingWaits
{
    readonly Dictionary<Guid, OpenWait> open = [];
    readonly HashSet<Guid> givenUp = [];

    sealed class OpenWait(IActorRef waiter, IActorRef asker, IActorRef? owner, IWaitingCommand command)
    {
        public CancellationTokenSource Cancelling { get; } = new();

        public IActorRef? Owner { get; } = owner;

        public IWaitingCommand Command { get; } = command;

        /// <summary>The wait ends with the last of them.</summary>
        public List<IActorRef> Waiters { get; } = [waiter];

        /// <summary>
        /// Whom to reply to, each with the command as it has sent it: the first one, and those that have asked again.
        /// </summary>
        public List<(IActorRef Asker, IWaitingCommand Command)> Askers { get; } = [(asker, command)];
    }

    /// <summary>Gets what waits that are over were replied to.</summary>
    public RecentReplies Recent { get; } = new();

    public int Count => open.Count;

    /// <summary>
    /// What the actor is told by what it has started: it outlives the actor, so that its successor learns how it ended.
    /// </summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>A message came since the actor last looked.</summary>
    public bool WasUsed { get; set; }

    /// <summary>An actor has begun to use the registry.</summary>
    public bool IsInUse { get; set; }

    public IEnumerable<IActorRef> Waiters => open.Values.SelectMany(w => w.Waiters).Where(w => !w.IsNobody());

    public CancellationToken Begin(
        Guid wait,
        IActorRef waiter,
        IActorRef asker,
        IActorRef? owner,
        IWaitingCommand command
    )
    {
        var begun = new OpenWait(waiter, asker, owner, command);
        open.Add(wait, begun);
        return begun.Cancelling.Token;
    }

    /// <summary>
    /// Lets a command that is sent again join its wait, if that is under way: it is replied to when the wait is over,
    /// each asker once.
    /// </summary>
    /// <exception cref="ArgumentException">The wait under way is of another command or owner.</exception>
    public bool TryJoin(IWaitingCommand command, IActorRef waiter, IActorRef asker, IActorRef? owner)
    {
        if (!open.TryGetValue(command.Wait, out var wait))
            return false;
        if (!Equals(wait.Owner, owner) || !RecentReplies.AreSame(wait.Command, command))
        {
            throw new ArgumentException(
                $"Wait is {command.Wait}; a wait of this name is under way for another command or owner. Give each wait a name of its own.",
                nameof(command.Wait)
            );
        }
        if (!wait.Waiters.Contains(waiter))
            wait.Waiters.Add(waiter);
        if (!asker.IsNobody() && wait.Askers.TrueForAll(a => !asker.Equals(a.Asker)))
            wait.Askers.Add((asker, command));
        return true;
    }

    /// <summary>Takes out those that have asked again, with their commands.</summary>
    public IReadOnlyList<(IActorRef Asker, IWaitingCommand Command)> TakeJoined(Guid wait)
    {
        if (!open.TryGetValue(wait, out var found) || found.Askers.Count == 1)
            return [];
        var joined = found.Askers[1..];
        found.Askers.RemoveRange(1, joined.Count);
        return joined;
    }

    public void Cancel(Guid wait)
    {
        if (open.TryGetValue(wait, out var found))
            found.Cancelling.Cancel();
    }

    public void CancelAllOf(IActorRef waiter)
    {
        foreach (var (_, wait) in open.ToArray())
            if (wait.Waiters.Remove(waiter) && wait.Waiters.Count == 0)
                wait.Cancelling.Cancel();
    }

    /// <summary>
    /// Gives up a waiter's waits for records, and returns how many there were. What one has got meanwhile is not
    /// wanted: see <see cref="TakeGivenUp"/>.
    /// </summary>
    public int GiveUpRecordsFor(IActorRef waiter)
    {
        var count = 0;
        foreach (var (name, wait) in open.ToArray())
        {
            if (wait.Command is not GetBatch || !wait.Waiters.Contains(waiter) || !givenUp.Add(name))
                continue;
            count++;
            wait.Cancelling.Cancel();
        }
        return count;
    }

    /// <summary>
    /// True when a wait that is over had been given up. Asked once for each wait, before <see cref="End"/>.
    /// </summary>
    public bool TakeGivenUp(Guid wait) => givenUp.Remove(wait);

    public void End(Guid wait)
    {
        givenUp.Remove(wait);
        if (open.Remove(wait, out var ended))
            ended.Cancelling.Dispose();
    }

    /// <summary>The actor has stopped and nobody will answer: ends every wait, and tells whoever waits.</summary>
    public void Abandon(Failed why)
    {
        foreach (var (_, wait) in open)
        {
            wait.Cancelling.Cancel();
            foreach (var (asker, command) in wait.Askers)
                if (!asker.IsNobody())
                    asker.Reply(why.About(command), ActorRefs.NoSender);
        }
        open.Clear();
        givenUp.Clear();
        IsInUse = false;
    }
}
