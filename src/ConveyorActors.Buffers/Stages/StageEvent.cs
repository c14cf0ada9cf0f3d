namespace ConveyorActors.Buffers.Stages;

/// <summary>What changed in a <see cref="StageBuffer{T}"/>. Applying the events in order to an empty stage rebuilds it.</summary>
/// <remarks>Leases are not part of the events: after a rebuild none is out, and what was in flight is buffered again at its place.</remarks>
public abstract record StageEvent<T>
{
    StageEvent() { }

    /// <summary>Records of one source were accepted, with consecutive sequences.</summary>
    public sealed record Buffered(string Source, long FirstSequence, IReadOnlyList<T> Records, IReadOnlyList<int> Bytes, long BufferedAt) : StageEvent<T>;

    /// <summary>Records were completed, or dropped by a rule when <paramref name="Dropped"/> is set.</summary>
    public sealed record Settled(string Source, IReadOnlyList<long> Sequences, bool Dropped) : StageEvent<T>;

    /// <summary>Records were returned and charged a retry each; their source waits until a moment, in the stage's milliseconds.</summary>
    public sealed record Returned(string Source, IReadOnlyList<long> Sequences, string Reason, long SleepsUntil) : StageEvent<T>;

    /// <summary>A record went to the dead letters.</summary>
    public sealed record DeadLettered(string Source, long Sequence, LossReason Reason, string LastError, long At) : StageEvent<T>;

    /// <summary>Records outlived their time to live.</summary>
    public sealed record Expired(string Source, IReadOnlyList<long> Sequences) : StageEvent<T>;

    /// <summary>The oldest dead letters were taken out, to be replayed or purged.</summary>
    public sealed record DeadLettersRemoved(int Count) : StageEvent<T>;
}
