namespace ConveyorActors.Buffers.Service;

/// <summary>Records leased to a consumer until a deadline.</summary>
/// <param name="Id">The lease's id, which never repeats; 0 for an empty batch.</param>
/// <param name="Stage">The stage that the records were leased from.</param>
/// <param name="Deadline">The time at which the open records go back to the buffer.</param>
/// <param name="Records">The records, in order within each source.</param>
public sealed record LeasedBatch(
    long Id,
    string Stage,
    DateTimeOffset Deadline,
    IReadOnlyList<BufferedRecord<ConveyorRecord>> Records
)
{
    /// <summary>Gets the records, in order within each source.</summary>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Records
    {
        get;
        init => field = Plain.Records(value);
    } = Plain.Records(Records);

    /// <summary>Gets the number of records.</summary>
    public int Count => Records.Count;

    /// <summary>Returns whether both batches are equal by value, record by record.</summary>
    public bool Equals(LeasedBatch? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && Id == other.Id
            && Stage == other.Stage
            && Deadline == other.Deadline
            && Records.SequenceEqual(other.Records);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Stage, Deadline, Records.Count);
}
