namespace ConveyorActors.Buffers.Manager;

/// <summary>A consumer that waits for records of a stage.</summary>
/// <param name="heldLease">
/// A lease that the same consumer holds, and whose sources it may take from, too; null: it holds none.
/// </param>
sealed class ConsumerWaiter<T>(Lease<T>? heldLease)
{
    public Lease<T>? HeldLease { get; } = heldLease;

    /// <summary>Completed when it should look.</summary>
    public TaskCompletionSource Woken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
