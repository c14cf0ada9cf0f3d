namespace ConveyorActors.Buffers;

/// <summary>A record that its stage gave up on.</summary>
/// <param name="Record">The record as it was last leased.</param>
/// <param name="Reason">The reason why the stage gave up on the record.</param>
/// <param name="LastError">The error text that the consumer gave when it last returned the record.</param>
/// <param name="At">The time at which the record became a dead letter.</param>
public sealed record DeadLetter<T>(BufferedRecord<T> Record, LossReason Reason, string LastError, DateTimeOffset At);
