namespace ConveyorActors.Pipelines.Running;

/// <summary>Beats whenever records may have been settled, so that whoever waits for the last one knows when to look.</summary>
/// <remarks>Safe for any thread. Take <see cref="Next"/> first and look after that: then no beat is missed.</remarks>
sealed class Pulse
{
    TaskCompletionSource next = Fresh();

    /// <summary>Completes with the next beat.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Beat() => Interlocked.Exchange(ref next, Fresh()).TrySetResult();

    static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
