namespace ConveyorActors.Buffers;

/// <summary>A record that its stage gave up on.</summary>
/// <param name="Record">The record as it was last leased.</param>
/// <param name="Reason">What put it here.</param>
/// <param name="LastError">What its consumer said when it returned the record for the last time.</param>
/// <param name="At">When.</param>
public sealed record DeadLetter<T>(BufferedRecord<T> Record, LossReason Reason, string LastError, DateTimeOffset At);
