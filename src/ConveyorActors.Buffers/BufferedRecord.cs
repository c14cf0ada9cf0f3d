namespace ConveyorActors.Buffers;

/// <summary>A record in a buffer, with its source, its target stage and the number of its retries.</summary>
/// <typeparam name="T">The user's record.</typeparam>
/// <param name="Record">The user's record.</param>
/// <param name="SourceId">The source that offered it.</param>
/// <param name="PipelineId">The pipeline whose manager holds it.</param>
/// <param name="TargetStageId">The stage it waits for.</param>
/// <param name="BufferedAt">The time at which the stage accepted the record; resolution 1 ms.</param>
/// <param name="RetryCount">The number of times the record was returned with a charge, from 0.</param>
/// <param name="Sequence">The number that the stage assigned, growing by one from 1 with each record accepted.</param>
public readonly record struct BufferedRecord<T>(
    T Record,
    string SourceId,
    string PipelineId,
    string TargetStageId,
    DateTimeOffset BufferedAt = default,
    int RetryCount = 0,
    long Sequence = 0
)
{
    /// <summary>
    /// Gets the id of the lease that contains the record; 0: none. Not part of the record's value, because the same
    /// record can be leased again.
    /// </summary>
    internal long LeaseId { get; init; }

    /// <summary>Returns whether all public members are equal.</summary>
    public bool Equals(BufferedRecord<T> other) =>
        Sequence == other.Sequence
        && RetryCount == other.RetryCount
        && BufferedAt == other.BufferedAt
        && SourceId == other.SourceId
        && PipelineId == other.PipelineId
        && TargetStageId == other.TargetStageId
        && EqualityComparer<T>.Default.Equals(Record, other.Record);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Record, SourceId, PipelineId, TargetStageId, BufferedAt, RetryCount, Sequence);
}
