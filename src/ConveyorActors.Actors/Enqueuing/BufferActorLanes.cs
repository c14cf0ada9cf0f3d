using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>The lanes of one buffer actor, and what its actor must remember over a restart.</summary>
sealed class BufferActorLanes
{
    const int TidyFrom = 256;

    readonly Dictionary<BufferTarget, BufferActorLane> byTarget = [];
    readonly Dictionary<long, BufferActorLane> byPass = [];
    BufferActorLane? last;
    long lastPass;
    int tidyAt = TidyFrom;

    /// <summary>Lanes whose growing batch the next tick sends.</summary>
    public List<BufferActorLane> Listed { get; } = [];

    public bool IsTicking { get; set; }

    /// <summary>Records of the message that is being worked on, until they are in their lane.</summary>
    public int HeldCount { get; set; }

    /// <summary>The message being processed, and its sender.</summary>
    public (IEnqueueCommand Command, IActorRef Sender) Current { get; set; }

    /// <summary>The lanes whose pass has no reply yet.</summary>
    public IReadOnlyCollection<BufferActorLane> OnTheirWay => byPass.Values;

    /// <summary>Gets the actors to be told when the buffer is empty; none: it is not being drained.</summary>
    public List<IActorRef> Drainers { get; } = [];

    public IEnumerable<BufferActorLane> All => byTarget.Values;

    public BufferActorLane Of(BufferTarget target)
    {
        if (last is { } recent && ReferenceEquals(recent.Target, target))
            return recent;
        if (!byTarget.TryGetValue(target, out var lane))
            lane = Make(target);
        return last = lane;
    }

    BufferActorLane Make(BufferTarget target)
    {
        if (byTarget.Count >= tidyAt)
            Tidy();
        return byTarget[target] = new(target);
    }

    public long Number(BufferActorLane lane)
    {
        byPass[++lastPass] = lane;
        lane.Ticket = new();
        lane.Looks = 0;
        return lane.Pass = lastPass;
    }

    /// <summary>Returns the lane of a pass that has no reply yet.</summary>
    public BufferActorLane? Find(long pass) => byPass.GetValueOrDefault(pass);

    public BufferActorLane? TakePass(long pass)
    {
        if (!byPass.Remove(pass, out var lane))
            return null;
        lane.Pass = 0;
        return lane;
    }

    /// <summary>
    /// Lanes that have nothing to do are forgotten when there are many; how many is said anew, so that looking costs
    /// little for each lane.
    /// </summary>
    void Tidy()
    {
        foreach (var (target, lane) in byTarget)
            if (lane.IsEmpty)
                byTarget.Remove(target);
        tidyAt = Math.Max(TidyFrom, 2 * byTarget.Count);
    }
}
