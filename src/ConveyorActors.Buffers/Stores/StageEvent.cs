namespace ConveyorActors.Buffers.Stores;

/// <summary>A change in a stage. Applying the events in order to an empty stage rebuilds it.</summary>
/// <remarks>
/// Leases are not part of the events: after a rebuild no lease is open, and records that were in flight are buffered
/// again at their places.
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

    /// <summary>
    /// Records were completed, or dropped by the stage's full mode when <paramref name="Dropped"/> is set.
    /// </summary>
    public sealed record Settled(string Source, IReadOnlyList<long> Sequences, bool Dropped) : StageEvent<T>;

    /// <summary>
    /// Records were returned and charged a retry each; their source waits until a time in the stage's milliseconds.
    /// </summary>
    public sealed record Returned(string Source, IReadOnlyList<long> Sequences, string Reason, long SleepsUntil)
        : StageEvent<T>;

    /// <summary>A record became a dead letter.</summary>
    public sealed record DeadLettered(string Source, long Sequence, LossReason Reason, string LastError, long At)
        : StageEvent<T>
    {
        /// <summary>Gets the record, for a store that no longer has it.</summary>
        public BufferedRecord<T> Letter { get; init; }

        /// <summary>Gets the number of dead letters kept now; older ones were discarded.</summary>
        public int Kept { get; init; }
    }

    /// <summary>Records waited longer than their time to live.</summary>
    public sealed record Expired(string Source, IReadOnlyList<long> Sequences) : StageEvent<T>;

    /// <summary>The oldest dead letters were removed, to be replayed or purged.</summary>
    public sealed record DeadLettersRemoved(int Count) : StageEvent<T>
    {
        /// <summary>Gets whether the dead letters were purged; false: they are offered again.</summary>
        public bool AreDiscarded { get; init; } = true;
    }

    // The following events are raised by the manager that composes stages, and are not part of a stage buffer's own
    // history.

    /// <summary>Results of a hop wait for room, with consecutive numbers of their own.</summary>
    public sealed record Parked(
        string Source,
        long First,
        IReadOnlyList<T> Records,
        IReadOnlyList<int> Bytes,
        long ParkedAt,
        int Depth
    ) : StageEvent<T>;

    /// <summary>Results that waited have moved into the stage, or are lost.</summary>
    public sealed record Unparked(string Source, long First, int Count) : StageEvent<T>;

    /// <summary>The total numbers of a source's records that were refused or never accepted, by reason.</summary>
    public sealed record Refused(string Source, IReadOnlyList<(LossReason Reason, long Count)> Counts) : StageEvent<T>;

    /// <summary>A record's id was added to the duplicate window.</summary>
    public sealed record Remembered(string Id, long At, DuplicateWindow Window) : StageEvent<T>;

    /// <summary>A checkpoint was set.</summary>
    public sealed record CheckpointSet(Checkpoint Checkpoint) : StageEvent<T>;

    /// <summary>A source has been read up to a position, whatever the outcome of its records.</summary>
    public sealed record Positioned(string Source, SourcePosition Position) : StageEvent<T>;

    /// <summary>
    /// An offer with an id has made progress. The client needs no results of its offers with lower numbers than
    /// <paramref name="FirstOpen"/>.
    /// </summary>
    public sealed record Offered(Stores.RecentOffer Offer, long FirstOpen) : StageEvent<T>;

    /// <summary>A source was removed after a long idle time; the stage has taken over its counts.</summary>
    public sealed record SourceRemoved(string Source) : StageEvent<T>;
}
