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
        init => field = PlainLists.ToPlainRecords(value);
    } = PlainLists.ToPlainRecords(Records);

    /// <summary>Gets the number of records.</summary>
    public int Count => Records.Count;

    /// <summary>
    /// Returns the records without their descriptions, in the order of <see cref="Records"/>. Costs less than reading
    /// <see cref="Records"/> one by one.
    /// </summary>
    public ReadOnlyMemory<ConveyorRecord> GetBareRecords() =>
        Records is CopiedRecords<ConveyorRecord> copied ? copied.Bare : Records.Select(r => r.Record).ToArray();

    /// <summary>
    /// Returns the descriptions of <see cref="Records"/> in runs: in each, consecutive records differ only in the record
    /// and in the sequence, which grows by one. Costs less than reading <see cref="Records"/> one by one.
    /// </summary>
    public IEnumerable<RecordRun> GetRuns()
    {
        if (Records is CopiedRecords<ConveyorRecord> copied)
            for (var i = 0; i < copied.RunCount; i++)
            {
                var (first, start, end) = copied.Run(i);
                yield return new(first, start, end - start);
            }
        else
            for (var i = 0; i < Records.Count; i++)
                yield return new(Records[i], i, 1);
    }

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
