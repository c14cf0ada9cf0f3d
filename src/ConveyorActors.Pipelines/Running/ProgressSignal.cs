namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// Signals that records may have been settled, so that code waiting for the last record checks again.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Get <see cref="Next"/> before looking at the records, so that no signal in between is
/// missed.
/// </remarks>
sealed class ProgressSignal
{
    TaskCompletionSource next = CreateCompletion();
    int working;

    /// <summary>Gets a task that completes with the next signal.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Gets whether a command runs or the sink writes; a signal follows when that ends.</summary>
    public bool IsBusy => Volatile.Read(ref working) > 0;

    /// <summary>Counts work as running until it ends. The caller signals afterwards.</summary>
    public async Task TrackAsync(Task work)
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
    public void Notify() => Interlocked.Exchange(ref next, CreateCompletion()).TrySetResult();

    static TaskCompletionSource CreateCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
