namespace ConveyorActors.Buffers.Stores;

/// <summary>
/// The stored state of a pipeline when its store is opened, without the records that wait. Times are in the manager's
/// milliseconds.
/// </summary>
/// <param name="Stages">The stages.</param>
/// <param name="Checkpoints">The checkpoints, by key.</param>
/// <param name="Positions">
/// For each source whose records have positions, the position of the last record accepted.
/// </param>
public sealed record PipelineImage<T>(
    IReadOnlyList<StageImage<T>> Stages,
    IReadOnlyDictionary<string, string> Checkpoints,
    IReadOnlyDictionary<string, SourcePosition> Positions
)
{
    /// <summary>Gets the results of recent offers with ids, in the order of <see cref="OfferWindow.ToList"/>.</summary>
    public IReadOnlyList<RecentOffer> Offers { get; init; } = [];

    /// <summary>
    /// Gets the time at which the latest offer that had to be forgotten was accepted; null: none was forgotten.
    /// </summary>
    public long? ForgottenOfferAt { get; init; }
}

/// <summary>The stored state of one stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="LastSequence">The last sequence that the stage assigned.</param>
/// <param name="LastParking">The last number that the stage assigned to a result that waited for room.</param>
/// <param name="Depth">The number of hops before the stage, as far as known.</param>
/// <param name="Sources">The stage's sources.</param>
/// <param name="Retired">The counts of sources that were removed.</param>
/// <param name="DeadLetters">The stage's dead letters, oldest first.</param>
/// <param name="DeadLettersDiscarded">
/// The number of dead letters that were purged or discarded to make room for newer ones.
/// </param>
/// <param name="Parked">The results of hops that wait for room, in order.</param>
/// <param name="Remembered">The ids in the duplicate window, with the times at which they were accepted.</param>
public sealed record StageImage<T>(
    string Stage,
    long LastSequence,
    long LastParking,
    int Depth,
    IReadOnlyList<SourceImage> Sources,
    SourceTotals Retired,
    IReadOnlyList<DeadLetter<T>> DeadLetters,
    long DeadLettersDiscarded,
    IReadOnlyList<StoredRecord<T>> Parked,
    IReadOnlyList<(string Id, long At)> Remembered
);

/// <summary>The stored state of one source's queue at a stage.</summary>
/// <param name="Source">The source.</param>
/// <param name="Totals">The counts so far.</param>
/// <param name="Pending">The number of records that wait.</param>
/// <param name="SleepsUntil">The time at which the queue's backoff ends; 0: there is no backoff.</param>
public sealed record SourceImage(string Source, SourceTotals Totals, int Pending, long SleepsUntil);

/// <summary>
/// The counts of a source's queue so far. The number of records offered is the sum of these counts and the pending
/// records.
/// </summary>
/// <param name="Completed">The number of records completed.</param>
/// <param name="Retries">The number of returns charged as retries.</param>
/// <param name="Losses">The number of records that did not go through, by reason.</param>
public sealed record SourceTotals(long Completed, long Retries, IReadOnlyList<(LossReason Reason, long Count)> Losses);

/// <summary>A stored record.</summary>
/// <param name="Source">The record's source.</param>
/// <param name="Record">The user's record.</param>
/// <param name="Sequence">The number that the stage assigned.</param>
/// <param name="BufferedAt">The time at which the record was accepted.</param>
/// <param name="Retries">The number of times the record was returned with a charge.</param>
/// <param name="Bytes">The record's size in bytes.</param>
public readonly record struct StoredRecord<T>(
    string Source,
    T Record,
    long Sequence,
    long BufferedAt,
    int Retries,
    int Bytes
);
