using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>The lanes of one core buffer, and what its actor must remember over a restart.</summary>
sealed class CoreLanes
{
    const int MostIdle = 256;

    readonly Dictionary<BufferTarget, CoreLane> byTarget = [];
    readonly Dictionary<long, CoreLane> byPass = [];
    CoreLane? last;
    long lastPass;

    /// <summary>Lanes whose growing batch the next tick sends.</summary>
    public List<CoreLane> Listed { get; } = [];

    public bool IsTicking { get; set; }

    /// <summary>Records of the message that is being worked on, until they are in their lane.</summary>
    public int InHand { get; set; }

    /// <summary>Who wants to know when the buffer is empty; null: it is not being drained.</summary>
    public IActorRef? Drainer { get; set; }

    public IEnumerable<CoreLane> All => byTarget.Values;

    public CoreLane Of(BufferTarget target)
    {
        if (last is { } recent && ReferenceEquals(recent.Target, target)) return recent;
        if (!byTarget.TryGetValue(target, out var lane)) byTarget[target] = lane = new(target);
        return last = lane;
    }

    public long Number(CoreLane lane)
    {
        byPass[++lastPass] = lane;
        return lastPass;
    }

    public CoreLane? TakePass(long pass) => byPass.Remove(pass, out var lane) ? lane : null;

    /// <summary>Lanes that have nothing to do are forgotten when there are many.</summary>
    public void Tidy()
    {
        if (byTarget.Count <= MostIdle) return;
        foreach (var (target, lane) in byTarget)
            if (lane.IsEmpty) byTarget.Remove(target);
        last = null;
    }
}
