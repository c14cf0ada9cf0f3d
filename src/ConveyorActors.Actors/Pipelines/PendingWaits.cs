using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The waits that are under way at one actor. Used by that actor alone; outlives its restarts.</summary>
sealed class PendingWaits
{
    readonly Dictionary<Guid, OpenWait> open = [];
    readonly HashSet<Guid> givenUp = [];

    sealed class OpenWait(IActorRef waiter, IActorRef replyTo, IActorRef? owner, IWaitingCommand command)
    {
        public CancellationTokenSource Cancelling { get; } = new();

        public IActorRef? Owner { get; } = owner;

        public IWaitingCommand Command { get; } = command;

        /// <summary>Gets the actors that wait. The wait ends when the last of them ends.</summary>
        public List<IActorRef> Waiters { get; } = [waiter];

        /// <summary>
        /// Gets the senders that get a reply, each with its command: the first sender, and those that have sent the
        /// command again.
        /// </summary>
        public List<(IActorRef ReplyTo, IWaitingCommand Command)> Callers { get; } = [(replyTo, command)];
    }

    /// <summary>Gets the recent replies to waits that are over.</summary>
    public RecentReplies Recent { get; } = new();

    public int Count => open.Count;

    /// <summary>
    /// Gets the queue for the results of operations that the actor has started. It outlives the actor, so that a
    /// successor receives them.
    /// </summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Gets or sets whether a message came since the actor last checked for idleness.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Gets or sets whether an actor uses the registry.</summary>
    public bool IsInUse { get; set; }

    public IEnumerable<IActorRef> Waiters => open.Values.SelectMany(w => w.Waiters).Where(w => !w.IsNobody());

    public CancellationToken Begin(
        Guid wait,
        IActorRef waiter,
        IActorRef replyTo,
        IActorRef? owner,
        IWaitingCommand command
    )
    {
        var begun = new OpenWait(waiter, replyTo, owner, command);
        open.Add(wait, begun);
        return begun.Cancelling.Token;
    }

    /// <summary>
    /// Lets a command that is sent again join its wait, if that is under way. When the wait is over, each sender gets
    /// one reply.
    /// </summary>
    /// <exception cref="ArgumentException">The wait under way is of another command or owner.</exception>
    public bool TryJoin(IWaitingCommand command, IActorRef waiter, IActorRef replyTo, IActorRef? owner)
    {
        if (!open.TryGetValue(command.Wait, out var wait))
            return false;
        if (!Equals(wait.Owner, owner) || !RecentReplies.AreEqual(wait.Command, command))
        {
            throw new ArgumentException(
                $"Wait is {command.Wait}; a wait of this name is under way for another command or owner. Give each wait a unique name.",
                nameof(command.Wait)
            );
        }
        if (!wait.Waiters.Contains(waiter))
            wait.Waiters.Add(waiter);
        if (!replyTo.IsNobody() && wait.Callers.TrueForAll(a => !replyTo.Equals(a.ReplyTo)))
            wait.Callers.Add((replyTo, command));
        return true;
    }

    /// <summary>Takes the senders that have sent the command again, with their commands.</summary>
    public IReadOnlyList<(IActorRef ReplyTo, IWaitingCommand Command)> TakeJoined(Guid wait)
    {
        if (!open.TryGetValue(wait, out var found) || found.Callers.Count == 1)
            return [];
        var joined = found.Callers[1..];
        found.Callers.RemoveRange(1, joined.Count);
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
    /// Ends a waiter's waits for records, and returns their number. A lease granted to such a wait meanwhile must be
    /// returned: see <see cref="TakeGivenUp"/>.
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
    /// Returns whether a wait that is over had been given up. Call it once for each wait, before <see cref="End"/>.
    /// </summary>
    public bool TakeGivenUp(Guid wait) => givenUp.Remove(wait);

    public void End(Guid wait)
    {
        givenUp.Remove(wait);
        if (open.Remove(wait, out var ended))
            ended.Cancelling.Dispose();
    }

    /// <summary>Ends every wait with a failure reply, because the actor has stopped and no other will reply.</summary>
    public void Abandon(Failed why)
    {
        foreach (var (_, wait) in open)
        {
            wait.Cancelling.Cancel();
            foreach (var (replyTo, command) in wait.Callers)
                if (!replyTo.IsNobody())
                    replyTo.Reply(why.WithReference(command), ActorRefs.NoSender);
        }
        open.Clear();
        givenUp.Clear();
        IsInUse = false;
    }
}
