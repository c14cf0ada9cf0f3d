namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// Counts the producers of one stage's lines: the readers of sources, or the workers of the stage before.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="signal">The signal to give when a producer has ended its work, or begins to wait for room.</param>
sealed class LineProducers(ProgressSignal signal)
{
    int working,
        waitingForRoom;

    /// <summary>
    /// Gets whether more lines come soon: a producer works, and none waits for room, which only the stage can make.
    /// </summary>
    public bool AreProducing => Volatile.Read(ref working) > 0 && Volatile.Read(ref waitingForRoom) == 0;

    /// <summary>Counts a producer as working until <see cref="EndWork"/>.</summary>
    public void BeginWork() => Interlocked.Increment(ref working);

    public void EndWork()
    {
        Interlocked.Decrement(ref working);
        signal.Notify();
    }

    /// <summary>Counts a producer as waiting for room until the task is done, and returns its result.</summary>
    public async Task<T> TrackWaitAsync<T>(Task<T> waiting)
    {
        await TrackWaitAsync((Task)waiting).ConfigureAwait(false);
        return await waiting.ConfigureAwait(false);
    }

    /// <summary>Counts a producer as waiting for room until the task is done.</summary>
    public async Task TrackWaitAsync(Task waiting)
    {
        if (waiting.IsCompleted)
        {
            await waiting.ConfigureAwait(false);
            return;
        }
        Interlocked.Increment(ref waitingForRoom);
        signal.Notify();
        try
        {
            await waiting.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref waitingForRoom);
        }
    }
}
