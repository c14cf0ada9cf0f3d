namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// Signals that records may have been settled, so that code that waits for the last record looks again.
/// </summary>
/// <remarks>
/// Safe for any thread. Take <see cref="Next"/> before looking at the records: a signal in between is then not missed.
/// </remarks>
sealed class ProgressSignal
{
    TaskCompletionSource next = Fresh();
    int working;

    /// <summary>Gets a task that completes with the next signal.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Gets whether a command runs or the sink writes: a signal follows when that ends.</summary>
    public bool IsBusy => Volatile.Read(ref working) > 0;

    /// <summary>Counts work as running until it ends. The caller signals after that.</summary>
    public async Task WhileAsync(Task work)
    {
        Interlocked.Increment(ref working);
        try
        {
            await work.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref working);
        }
    }

    /// <summary>Completes <see cref="Next"/>.</summary>
    public void Notify() => Interlocked.Exchange(ref next, Fresh()).TrySetResult();

    static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
