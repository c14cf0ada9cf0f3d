using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The waits that are under way at one actor. Used by that actor alone; outlives its restarts.</summary>
sealed class WaitBook
{
    readonly Dictionary<Guid, (CancellationTokenSource Cancelling, IActorRef Waiter, IActorRef Asker, IWaitingCommand Command)> open = [];
    readonly HashSet<Guid> givenUp = [];

    public int Count => open.Count;

    /// <summary>What the actor is told by what it has started: it outlives the actor, so that its successor learns how it ended.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>A message came since the actor last looked.</summary>
    public bool WasUsed { get; set; }

    /// <summary>An actor has begun to use the book.</summary>
    public bool IsInUse { get; set; }

    public IEnumerable<IActorRef> Waiters => open.Values.Select(w => w.Waiter).Where(w => !w.IsNobody());

    public CancellationToken Begin(Guid wait, IActorRef waiter, IActorRef asker, IWaitingCommand command)
    {
        var cancelling = new CancellationTokenSource();
        if (open.TryAdd(wait, (cancelling, waiter, asker, command))) return cancelling.Token;
        cancelling.Dispose();
        throw new ArgumentException($"Wait is {wait}; a wait of this name is under way already. Give each wait a name of its own.", nameof(wait));
    }

    public void Cancel(Guid wait)
    {
        if (open.TryGetValue(wait, out var found)) found.Cancelling.Cancel();
    }

    public void CancelAllOf(IActorRef waiter)
    {
        foreach (var (_, wait) in open.ToArray())
            if (waiter.Equals(wait.Waiter)) wait.Cancelling.Cancel();
    }

    /// <summary>Gives up a waiter's waits for records, and returns how many there were. What one has got meanwhile is not wanted: see <see cref="TakeGivenUp"/>.</summary>
    public int GiveUpRecordsFor(IActorRef waiter)
    {
        var count = 0;
        foreach (var (name, wait) in open.ToArray())
        {
            if (wait.Command is not GetBatch || !waiter.Equals(wait.Waiter) || !givenUp.Add(name)) continue;
            count++;
            wait.Cancelling.Cancel();
        }
        return count;
    }

    /// <summary>True when a wait that is over had been given up. Asked once for each wait, before <see cref="End"/>.</summary>
    public bool TakeGivenUp(Guid wait) => givenUp.Remove(wait);

    public void End(Guid wait)
    {
        givenUp.Remove(wait);
        if (open.Remove(wait, out var ended)) ended.Cancelling.Dispose();
    }

    /// <summary>The actor has stopped and nobody will answer: ends every wait, and tells whoever waits.</summary>
    public void Abandon(Failed why)
    {
        foreach (var (_, wait) in open)
        {
            wait.Cancelling.Cancel();
            if (!wait.Asker.IsNobody()) wait.Asker.Reply(why.About(wait.Command), ActorRefs.NoSender);
        }
        open.Clear();
        givenUp.Clear();
        IsInUse = false;
    }
}
