using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer that waits for room, with what of it has been accepted already.</summary>
/// <remarks>Guarded by its stage's lock.</remarks>
sealed class OfferWaiter<T>(SourceQueue<T> queue, ReadOnlyMemory<T> records, int[]? bytes, string?[]? ids)
    : RoomWaiter(queue)
{
    public new SourceQueue<T> Queue { get; } = queue;

    public ReadOnlyMemory<T> Records { get; } = records;

    public int[]? Bytes { get; } = bytes;

    /// <summary>
    /// The records' ids; null: nobody has asked for them. An offer that waits has them, since a duplicate window may be
    /// set meanwhile.
    /// </summary>
    public string?[]? Ids { get; } = ids;

    public OfferProgress Progress;

    /// <summary>The offer's id and what is remembered of it; null: it has no id.</summary>
    public NamedOffer? Offer { get; init; }

    public TaskCompletionSource<OfferResult> Completion { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How far an offer has come.</summary>
struct OfferProgress
{
    public int Consumed,
        Accepted,
        Duplicates,
        Evicted;
    public OfferStatus Stopper;
}
