namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// Spreads the hand-overs of a node that leaves. Akka asks for all its shards at once, and then the coordinator places one after the other and the other nodes open all
/// their pipelines at the same time: the last pipeline waits for all of them. A pipeline that is not handed over yet takes records, so each shard begins a little later
/// than the one before it.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class HandOverPace(TimeProvider clock)
{
    /// <summary>Between two shards: about what the coordinator and the next node need for one.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest wait of a shard: a node with many shards hands over several in one interval.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Pipelines of one shard that are asked within this time belong to one hand-over, and begin together.</summary>
    static readonly TimeSpan Together = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    readonly Dictionary<string, TimeSpan> begins = new(StringComparer.Ordinal);
    readonly long origin = clock.GetTimestamp();
    TimeSpan next;
    bool isOff;

    /// <summary>Returns how long a pipeline of a shard, which was asked for now, still takes records.</summary>
    public TimeSpan DelayOf(string shard)
    {
        lock (gate)
        {
            var now = clock.GetElapsedTime(origin);
            if (isOff) return TimeSpan.Zero;
            if (begins.TryGetValue(shard, out var known) && now - known < Together) return known > now ? known - now : TimeSpan.Zero;
            var begin = next > now ? next : now;
            if (begin - now > Longest) begin = now + Longest;
            begins[shard] = begin;
            next = begin + Interval;
            return begin - now;
        }
    }

    /// <summary>From now on pipelines are handed over at once: no other node takes them.</summary>
    public void End()
    {
        lock (gate) isOff = true;
    }
}
