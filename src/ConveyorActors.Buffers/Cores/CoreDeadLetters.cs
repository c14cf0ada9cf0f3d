namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Takes a batch on which the sink has failed more often than <see cref="CoreBuffersSettings.MaxRetries"/> allows.
/// </summary>
/// <remarks>
/// Called on the drainer's thread, outside every lock. If the callback throws, the failure is counted and the drainer
/// continues with the next batch.
/// </remarks>
/// <param name="batch">
/// The items, in the order they were enqueued. The memory is reused afterwards: copy the items to keep.
/// </param>
/// <param name="error">The exception that the sink threw last.</param>
public delegate void CoreDeadLetters<T>(ReadOnlyMemory<T> batch, Exception error);
