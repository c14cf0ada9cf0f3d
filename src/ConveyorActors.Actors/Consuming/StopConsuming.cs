namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Tells a <see cref="BufferConsumerActor"/> to lease no more, to finish what it has
/// (<see cref="BufferConsumerSettings.StopTimeout"/>), and to stop.
/// </summary>
/// <remarks><c>await consumer.GracefulStop(timeout, StopConsuming.Instance)</c> waits for that.</remarks>
public sealed record StopConsuming : INoSerializationVerificationNeeded
{
    StopConsuming() { }

    /// <summary>The one there is.</summary>
    public static StopConsuming Instance { get; } = new();
}
