namespace ConveyorActors.Pipelines.Running;

/// <summary>Beats whenever records may have been settled, so that whoever waits for the last one knows when to look.</summary>
/// <remarks>Safe for any thread. Take <see cref="Next"/> first and look after that: then no beat is missed.</remarks>
sealed class Pulse
{
    TaskCompletionSource next = Fresh();
    int working;

    /// <summary>Completes with the next beat.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>True while a command runs or the sink writes: then there will be a beat.</summary>
    public bool IsBusy => Volatile.Read(ref working) > 0;

    /// <summary>Marks work that ends in a beat.</summary>
    public async Task WhileAsync(Task work)
    {
        Interlocked.Increment(ref working);
        try { await work.ConfigureAwait(false); }
        finally { Interlocked.Decrement(ref working); }
    }

    public void Beat() => Interlocked.Exchange(ref next, Fresh()).TrySetResult();

    static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
