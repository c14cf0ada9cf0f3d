namespace ConveyorActors.Buffers.Stores;

/// <summary>
/// What changed in a stage buffer. Applying the events in order to an empty stage rebuilds it.
/// </summary>
/// <remarks>
/// Leases are not part of the events: after a rebuild none is out, and what was in flight is buffered again at its
/// place.
/// </remarks>
public abstract record StageEvent<T>
{
    StageEvent() { }

    /// <summary>Records of one source were accepted, with consecutive sequences.</summary>
    public sealed record Buffered(
        string Source,
        long FirstSequence,
        IReadOnlyList<T> Records,
        IReadOnlyList<int> Bytes,
        long BufferedAt
    ) : StageEvent<T>;

    /// <summary>Records were completed, or dropped by a rule when <paramref name="Dropped"/> is set.</summary>
    public sealed record Settled(string Source, IReadOnlyList<long> Sequences, bool Dropped) : StageEvent<T>;

    /// <summary>
    /// Records were returned and charged a retry each; their source waits until a moment, in the stage's milliseconds.
    /// </summary>
    public sealed record Returned(string Source, IReadOnlyList<long> Sequences, string Reason, long SleepsUntil)
        : StageEvent<T>;

    /// <summary>A record went to the dead letters.</summary>
    public sealed record DeadLettered(string Source, long Sequence, LossReason Reason, string LastError, long At)
        : StageEvent<T>
    {
        /// <summary>The record, for a store that no longer has it.</summary>
        public BufferedRecord<T> Letter { get; init; }

        /// <summary>How many dead letters are kept now; older ones gave way.</summary>
        public int Kept { get; init; }
    }

    /// <summary>Records outlived their time to live.</summary>
    public sealed record Expired(string Source, IReadOnlyList<long> Sequences) : StageEvent<T>;

    /// <summary>The oldest dead letters were taken out, to be replayed or purged.</summary>
    public sealed record DeadLettersRemoved(int Count) : StageEvent<T>
    {
        /// <summary>True when they were thrown away, false when they are offered again.</summary>
        public bool AreDiscarded { get; init; } = true;
    }

    // What follows is told by the manager that composes stages, and is no part of a stage buffer's own past.

    /// <summary>Results of a hop wait for room, with consecutive numbers of their own.</summary>
    public sealed record Parked(
        string Source,
        long First,
        IReadOnlyList<T> Records,
        IReadOnlyList<int> Bytes,
        long ParkedAt,
        int Depth
    ) : StageEvent<T>;

    /// <summary>Results that waited have gone over, or are lost.</summary>
    public sealed record Unparked(string Source, long First, int Count) : StageEvent<T>;

    /// <summary>Records of a source that were refused or never got in, by reason: all so far.</summary>
    public sealed record Refused(string Source, IReadOnlyList<(LossReason Reason, long Count)> Counts) : StageEvent<T>;

    /// <summary>A record's id is in the duplicate window.</summary>
    public sealed record Remembered(string Id, long At, DuplicateWindow Window) : StageEvent<T>;

    /// <summary>Something is to be remembered.</summary>
    public sealed record CheckpointSet(Checkpoint Checkpoint) : StageEvent<T>;

    /// <summary>A source has been read up to here, whatever became of its records.</summary>
    public sealed record Positioned(string Source, SourcePosition Position) : StageEvent<T>;

    /// <summary>
    /// An offer with an id has come so far. The client needs no results of its offers with lower numbers than
    /// <paramref name="FirstOpen"/>.
    /// </summary>
    public sealed record Offered(Stores.RecentOffer Offer, long FirstOpen) : StageEvent<T>;

    /// <summary>A source was idle for long; its counts are the stage's now.</summary>
    public sealed record SourceRemoved(string Source) : StageEvent<T>;
}
