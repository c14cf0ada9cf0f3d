namespace ConveyorActors.Actors.Pipelines;

/// <summary>The waits that are under way at one actor. Used by that actor alone; outlives its restarts.</summary>
sealed class WaitBook
{
    readonly Dictionary<Guid, (CancellationTokenSource Cancelling, IActorRef? Owner)> open = [];

    public int Count => open.Count;

    /// <summary>A message came since the actor last looked.</summary>
    public bool WasUsed { get; set; }

    public IEnumerable<IActorRef> Owners => open.Values.Where(w => w.Owner is not null).Select(w => w.Owner!);

    public CancellationToken Begin(Guid wait, IActorRef? owner)
    {
        var cancelling = new CancellationTokenSource();
        if (open.TryAdd(wait, (cancelling, owner))) return cancelling.Token;
        cancelling.Dispose();
        throw new ArgumentException($"Wait is {wait}; a wait of this name is under way already. Give each wait a name of its own.", nameof(wait));
    }

    public void Cancel(Guid wait)
    {
        if (open.TryGetValue(wait, out var found)) found.Cancelling.Cancel();
    }

    public void CancelAllOf(IActorRef owner)
    {
        foreach (var (_, wait) in open.ToArray())
            if (owner.Equals(wait.Owner)) wait.Cancelling.Cancel();
    }

    public void End(Guid wait)
    {
        if (open.Remove(wait, out var ended)) ended.Cancelling.Dispose();
    }
}
