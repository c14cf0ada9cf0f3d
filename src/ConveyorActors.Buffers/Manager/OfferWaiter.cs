using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer that waits for room, with the progress of its accepted records.</summary>
/// <remarks>Guarded by its stage's lock.</remarks>
sealed class OfferWaiter<T>(SourceQueue<T> queue, ReadOnlyMemory<T> records, int[]? bytes, string?[]? ids)
    : RoomWaiter(queue)
{
    public new SourceQueue<T> Queue { get; } = queue;

    public ReadOnlyMemory<T> Records { get; } = records;

    public int[]? Bytes { get; } = bytes;

    /// <summary>
    /// Gets the records' ids; null: no ids are needed. An offer that waits has them, since a duplicate window may be
    /// set meanwhile.
    /// </summary>
    public string?[]? Ids { get; } = ids;

    public OfferProgress Progress;

    /// <summary>Gets the offer's id and its remembered progress; null: the offer has no id.</summary>
    public NamedOffer? Offer { get; init; }

    public TaskCompletionSource<OfferResult> Completion { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The progress of an offer.</summary>
struct OfferProgress
{
    public int Consumed,
        Accepted,
        Duplicates,
        Evicted;
    public OfferStatus Stopper;
}
