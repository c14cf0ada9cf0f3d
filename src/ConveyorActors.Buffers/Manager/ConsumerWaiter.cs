namespace ConveyorActors.Buffers.Manager;

/// <summary>A consumer that waits for records of a stage.</summary>
/// <param name="heldLease">
/// A lease that the same consumer holds, and from whose sources the consumer may also take; null: it holds none.
/// </param>
sealed class ConsumerWaiter<T>(Lease<T>? heldLease)
{
    public Lease<T>? HeldLease { get; } = heldLease;

    /// <summary>Gets the task source that is completed when the consumer should try again.</summary>
    public TaskCompletionSource Woken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
