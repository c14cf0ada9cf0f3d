namespace ConveyorActors.Buffers.Manager;

/// <summary>A consumer that waits for records of a stage.</summary>
/// <param name="beside">The lease whose queues it may take from, too; null: none.</param>
sealed class ConsumerWaiter<T>(Lease<T>? beside)
{
    public Lease<T>? Beside { get; } = beside;

    /// <summary>Completed when it should look.</summary>
    public TaskCompletionSource Woken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
