namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Stops a <see cref="BufferConsumerActor"/> after it has finished the records that it holds, within
/// <see cref="BufferConsumerSettings.StopTimeout"/>.
/// </summary>
/// <remarks>
/// <c>await consumer.GracefulStop(timeout, StopConsuming.Instance)</c> waits until the actor has stopped.
/// </remarks>
public sealed record StopConsuming : INoSerializationVerificationNeeded
{
    StopConsuming() { }

    /// <summary>Gets the only instance.</summary>
    public static StopConsuming Instance { get; } = new();
}
