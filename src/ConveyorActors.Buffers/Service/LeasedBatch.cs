namespace ConveyorActors.Buffers.Service;

/// <summary>Records handed to a consumer until a deadline.</summary>
/// <param name="Id">The lease's id, which never repeats; 0 for an empty batch.</param>
/// <param name="Stage">The stage that gave it.</param>
/// <param name="Deadline">When the records go back by themselves.</param>
/// <param name="Records">The records, each source's in order.</param>
public sealed record LeasedBatch(
    long Id,
    string Stage,
    DateTimeOffset Deadline,
    IReadOnlyList<BufferedRecord<ConveyorRecord>> Records
)
{
    /// <summary>The records, each source's in order.</summary>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Records
    {
        get;
        init => field = Plain.Records(value);
    } = Plain.Records(Records);

    /// <summary>How many records.</summary>
    public int Count => Records.Count;

    /// <summary>Compares by value, record by record.</summary>
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
