using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>The lanes of one buffer actor, and the state that the actor keeps across restarts.</summary>
sealed class BufferActorLanes
{
    const int MinTrimAt = 256;

    readonly Dictionary<BufferTarget, BufferActorLane> byTarget = [];
    readonly Dictionary<long, BufferActorLane> byPass = [];
    BufferActorLane? last;
    long lastPass;
    int trimAt = MinTrimAt;

    /// <summary>Gets the lanes whose growing batch the next tick sends.</summary>
    public List<BufferActorLane> Listed { get; } = [];

    public bool IsTicking { get; set; }

    /// <summary>
    /// Gets or sets the number of records of the message being processed that are not in their lane yet.
    /// </summary>
    public int HeldCount { get; set; }

    /// <summary>Gets or sets the message being processed, and its sender.</summary>
    public (IEnqueueCommand Command, IActorRef Sender) Current { get; set; }

    /// <summary>Gets the lanes whose pass has no reply yet.</summary>
    public IReadOnlyCollection<BufferActorLane> OnTheirWay => byPass.Values;

    /// <summary>
    /// Gets the actors that get a reply when the buffer is empty. Without any, the buffer is not being drained.
    /// </summary>
    public List<IActorRef> Drainers { get; } = [];

    /// <summary>Gets the replies that are not sent yet.</summary>
    public BufferActorReplies Replies { get; } = new();

    public IEnumerable<BufferActorLane> All => byTarget.Values;

    public BufferActorLane GetOrAddLane(BufferTarget target)
    {
        if (last is { } recent && ReferenceEquals(recent.Target, target))
            return recent;
        if (!byTarget.TryGetValue(target, out var lane))
            lane = Make(target);
        return last = lane;
    }

    BufferActorLane Make(BufferTarget target)
    {
        if (byTarget.Count >= trimAt)
            Trim();
        return byTarget[target] = new(target);
    }

    public long AssignPass(BufferActorLane lane)
    {
        byPass[++lastPass] = lane;
        lane.Ticket = new();
        lane.Checks = 0;
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
    /// Removes idle lanes when there are many. The threshold follows the number of lanes, so that the cost per lane
    /// stays small.
    /// </summary>
    void Trim()
    {
        foreach (var (target, lane) in byTarget)
            if (lane.IsEmpty)
                byTarget.Remove(target);
        trimAt = Math.Max(MinTrimAt, 2 * byTarget.Count);
    }
}
