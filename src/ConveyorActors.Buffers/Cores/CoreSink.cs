namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Takes a batch out of one core's buffer. Batches of one buffer are handed over one after the other; batches of
/// different buffers at the same time.
/// </summary>
/// <param name="batch">
/// At least one item, in the order they were enqueued. The memory is reused for the next batch: the sink must not use
/// it after the returned task completes.
/// </param>
/// <param name="core">The number of the buffer, from 0.</param>
/// <param name="cancellationToken">
/// Cancelled when the deadline of a stop has passed. The batch then counts as remaining, unless the sink still
/// completes it.
/// </param>
/// <returns>
/// A task that completes when the batch has been taken. If it fails, the same batch is handed over again, so a sink may
/// see an item twice.
/// </returns>
public delegate ValueTask CoreSink<T>(ReadOnlyMemory<T> batch, int core, CancellationToken cancellationToken);
