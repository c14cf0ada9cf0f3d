namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The exception that a <see cref="BufferConsumer"/> throws for a record that can never be handled: the record is
/// dead-lettered at once, even if it has retries left.
/// </summary>
/// <param name="reason">The reason; stored with the dead letter.</param>
/// <param name="innerException">The cause; null if there is none.</param>
public sealed class DeadLetterException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
