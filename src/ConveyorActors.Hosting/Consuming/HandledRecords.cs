namespace ConveyorActors.Hosting.Consuming;

/// <summary>Collects the outcome of the records of one lease. Used by one thread.</summary>
sealed class HandledRecords(int capacity)
{
    readonly HashSet<string> held = new(StringComparer.Ordinal);
    readonly List<(long Sequence, string Reason)> failed = [];

    /// <summary>Gets the records that were handled.</summary>
    public List<long> Completed { get; } = new(capacity);

    /// <summary>Gets the records that were not tried.</summary>
    public List<long> Untried { get; } = [];

    /// <summary>Gets the records that can never be handled.</summary>
    public List<(long Sequence, string Reason)> DeadLettered { get; } = [];

    /// <summary>Returns whether an earlier record of a source has failed.</summary>
    public bool IsHeld(string source) => held.Contains(source);

    /// <summary>Marks a record as failed; later records of its source must not overtake it.</summary>
    public void Fail(BufferedRecord<ConveyorRecord> record, string reason)
    {
        failed.Add((record.Sequence, reason));
        held.Add(record.SourceId);
    }

    /// <summary>Settles all records by their outcome.</summary>
    public async Task SettleAsync(LeaseSettler settler, int count)
    {
        if (Completed.Count == count)
        {
            await settler.CompleteAsync(null).ConfigureAwait(false);
            return;
        }
        foreach (var (sequence, reason) in failed)
            await settler.ReturnAsync([sequence], reason).ConfigureAwait(false);
        await settler
            .ReturnAsync(
                Untried,
                "not tried: the consumer stopped, or an earlier record of its source failed",
                charge: false
            )
            .ConfigureAwait(false);
        foreach (var (sequence, reason) in DeadLettered)
            await settler.DeadLetterAsync([sequence], reason).ConfigureAwait(false);
        await settler.CompleteAsync(Completed).ConfigureAwait(false);
    }
}
