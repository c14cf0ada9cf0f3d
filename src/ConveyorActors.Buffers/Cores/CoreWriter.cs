namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// A producer's place at one buffer of a <see cref="CoreBuffers{T}"/>: its items reach the sink in the order it
/// enqueued them.
/// </summary>
/// <remarks>
/// Safe from any thread; the order promised is that of the calls. Allocates nothing and takes no lock. It stays good
/// over a stop and a new start; the order is then kept for items that a stop left behind too, unless the number of
/// buffers has changed.
/// </remarks>
public sealed class CoreWriter<T>
{
    readonly CoreBuffers<T> buffers;
    readonly uint place;

    internal CoreWriter(CoreBuffers<T> buffers, uint place) => (this.buffers, this.place) = (buffers, place);

    /// <summary>Adds an item, or says why not.</summary>
    public EnqueueStatus Enqueue(T item) =>
        buffers.RingAt(place) is { } ring ? ring.Enqueue(item) : EnqueueStatus.NotStarted;

    /// <summary>
    /// Adds the first items of a batch, as many as there is room for, in order and with nobody else's in between.
    /// </summary>
    /// <returns>How many were accepted.</returns>
    public int EnqueueBatch(ReadOnlySpan<T> items) => EnqueueBatch(items, out _);

    /// <summary>
    /// Adds the first items of a batch, as many as there is room for, in order and with nobody else's in between.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="status">Accepted when all of them were, otherwise what stopped them.</param>
    /// <returns>How many were accepted.</returns>
    public int EnqueueBatch(ReadOnlySpan<T> items, out EnqueueStatus status)
    {
        if (buffers.RingAt(place) is { } ring)
            return ring.EnqueueBatch(items, out status);
        status = EnqueueStatus.NotStarted;
        return 0;
    }
}
