namespace ConveyorActors.Buffers.Manager;

/// <summary>A consumer that waits for records of a stage.</summary>
/// <param name="beside">The lease that the same consumer holds, whose sources it may take from, too; null: it holds none.</param>
sealed class ConsumerWaiter<T>(Lease<T>? beside)
{
    public Lease<T>? Beside { get; } = beside;

    /// <summary>Completed when it should look.</summary>
    public TaskCompletionSource Woken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
