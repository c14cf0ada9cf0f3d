namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// Thrown by a <see cref="BufferConsumer"/> for a record that can never be handled: the record is dead-lettered at
/// once, whatever retries it has left.
/// </summary>
/// <param name="reason">Why; kept with the dead letter.</param>
/// <param name="innerException">What caused it.</param>
public sealed class DeadLetterException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
