namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Writes items to one buffer of a <see cref="CoreBuffers{T}"/>: they reach the sink in the order in which they were
/// enqueued.
/// </summary>
/// <remarks>
/// May be used from any thread; the order is that of the calls. Allocates nothing and takes no lock. A writer stays
/// valid over a stop and a new start; the order is then also kept for items that a stop left behind, unless the number
/// of buffers has changed.
/// </remarks>
public sealed class CoreWriter<T>
{
    readonly CoreBuffers<T> buffers;
    readonly uint place;

    internal CoreWriter(CoreBuffers<T> buffers, uint place) => (this.buffers, this.place) = (buffers, place);

    /// <summary>Adds an item and returns whether it was accepted, or why not.</summary>
    public EnqueueStatus Enqueue(T item) =>
        buffers.GetRing(place) is { } ring ? ring.Enqueue(item) : EnqueueStatus.NotStarted;

    /// <summary>
    /// Adds the first items of a batch, as many as there is room for, in order and with no other items in between.
    /// </summary>
    /// <returns>The number of items accepted.</returns>
    public int EnqueueBatch(ReadOnlySpan<T> items) => EnqueueBatch(items, out _);

    /// <summary>
    /// Adds the first items of a batch, as many as there is room for, in order and with no other items in between.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="status">Accepted when all items were accepted, otherwise the reason why the rest was not.</param>
    /// <returns>The number of items accepted.</returns>
    public int EnqueueBatch(ReadOnlySpan<T> items, out EnqueueStatus status)
    {
        if (buffers.GetRing(place) is { } ring)
            return ring.EnqueueBatch(items, out status);
        status = EnqueueStatus.NotStarted;
        return 0;
    }
}
