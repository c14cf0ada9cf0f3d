namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer that waits for room, with what of it has been accepted already.</summary>
/// <remarks>Guarded by its stage's lock.</remarks>
sealed class OfferWaiter<T>(SourceState source, ReadOnlyMemory<T> records, int[]? bytes, string?[]? ids)
{
    public SourceState Source { get; } = source;

    public ReadOnlyMemory<T> Records { get; } = records;

    public int[]? Bytes { get; } = bytes;

    public string?[]? Ids { get; } = ids;

    public OfferProgress Progress;

    public TaskCompletionSource<OfferResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How far an offer has come.</summary>
struct OfferProgress
{
    public int Consumed, Accepted, Duplicates, Evicted;
    public OfferStatus Stopper;
}
