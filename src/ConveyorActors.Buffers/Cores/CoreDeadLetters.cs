namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Takes a batch that the sink has failed more often than <see cref="CoreBuffersSettings.MaxRetries"/> allows.
/// </summary>
/// <remarks>
/// Called on the drainer's thread, outside every lock. If it throws, that is counted and the drainer goes on with the
/// next batch.
/// </remarks>
/// <param name="batch">
/// The items, in the order they were enqueued. The memory is used again afterwards: copy what must be kept.
/// </param>
/// <param name="error">What the sink threw the last time.</param>
public delegate void CoreDeadLetters<T>(ReadOnlyMemory<T> batch, Exception error);
