namespace ConveyorActors.Buffers.Stores;

/// <summary>
/// What a store knows of a pipeline when it is opened, but for the records that wait. Times are in the manager's
/// milliseconds.
/// </summary>
/// <param name="Stages">Its stages.</param>
/// <param name="Checkpoints">The checkpoints, by key.</param>
/// <param name="Positions">
/// The position of the last record accepted of each source whose records have positions.
/// </param>
public sealed record PipelineImage<T>(
    IReadOnlyList<StageImage<T>> Stages,
    IReadOnlyDictionary<string, string> Checkpoints,
    IReadOnlyDictionary<string, SourcePosition> Positions
)
{
    /// <summary>Gets the results of recent offers with ids, as <see cref="OfferWindow.ToList"/> gives them.</summary>
    public IReadOnlyList<RecentOffer> Offers { get; init; } = [];

    /// <summary>Gets when the latest offer was accepted that had to be forgotten; null: none was.</summary>
    public long? ForgottenOfferAt { get; init; }
}

/// <summary>One stage.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="LastSequence">The last sequence it gave.</param>
/// <param name="LastParking">The last number it gave to a result that waited.</param>
/// <param name="Depth">How many hops lie before it, as far as is known.</param>
/// <param name="Sources">Its sources.</param>
/// <param name="Retired">What sources that are gone had counted.</param>
/// <param name="DeadLetters">Its dead letters, oldest first.</param>
/// <param name="DeadLettersDiscarded">How many were purged or gave way to newer ones.</param>
/// <param name="Parked">Results that wait for room, in order.</param>
/// <param name="Remembered">Ids in the duplicate window, with when they were accepted.</param>
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

/// <summary>One source's line at a stage.</summary>
/// <param name="Source">The source.</param>
/// <param name="Totals">What it has counted.</param>
/// <param name="Pending">Records that wait.</param>
/// <param name="SleepsUntil">Until when it waits out a backoff; 0: it does not.</param>
public sealed record SourceImage(string Source, SourceTotals Totals, int Pending, long SleepsUntil);

/// <summary>What has happened on a line so far. What was offered is the sum of it all and of what is pending.</summary>
/// <param name="Completed">Records completed.</param>
/// <param name="Retries">Returns charged.</param>
/// <param name="Losses">Records that did not go through, by reason.</param>
public sealed record SourceTotals(long Completed, long Retries, IReadOnlyList<(LossReason Reason, long Count)> Losses);

/// <summary>A record as a store has it.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Record">The user's record.</param>
/// <param name="Sequence">The number its stage gave it.</param>
/// <param name="BufferedAt">When it was accepted.</param>
/// <param name="Retries">How often it was returned with a charge.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct StoredRecord<T>(
    string Source,
    T Record,
    long Sequence,
    long BufferedAt,
    int Retries,
    int Bytes
);
