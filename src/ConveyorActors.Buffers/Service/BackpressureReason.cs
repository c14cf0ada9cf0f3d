namespace ConveyorActors.Buffers.Service;

/// <summary>One limit that holds a source, and the consumer that holds the room.</summary>
/// <param name="Limit">
/// "manager", "source NAME" or "stage NAME"; "hold on source NAME" or "hold on stage NAME" for an operator's hold;
/// <see cref="Store"/> while the store cannot write; "backlog of source NAME" while records of the source from before
/// the start are still only in the store: offers to their stages are refused as SourceFull until they are loaded.
/// </param>
/// <param name="Used">The room taken, in records; of a backlog, the records that are not loaded yet.</param>
/// <param name="Of">The limit, in records; of a backlog, all pending records of the source.</param>
/// <param name="Fill">
/// The fill by records or by bytes, whichever is more; of a backlog, the part that is not loaded yet.
/// </param>
/// <param name="Since">
/// The time for which the fill has been above the low watermark, or the operator's hold has lasted; zero for the store
/// and for a backlog.
/// </param>
/// <param name="OwedBy">
/// The oldest open lease at that limit, with consumer, records and age; null when there is none.
/// </param>
/// <param name="ExpectedIn">
/// The time until the fill should reach the low watermark at the rate of the last seconds; null when nothing is being
/// settled.
/// </param>
public sealed record BackpressureReason(
    string Limit,
    long Used,
    long Of,
    double Fill,
    TimeSpan Since,
    LeaseSnapshot? OwedBy,
    TimeSpan? ExpectedIn
)
{
    /// <summary>
    /// The value of <see cref="Limit"/> when the reason is not a limit but the store: it cannot write, and all offers
    /// are refused as StoreFailing until it can.
    /// </summary>
    public const string Store = "store";

    /// <summary>The beginning of <see cref="Limit"/> when the reason is a backlog that is not loaded yet.</summary>
    internal const string BacklogPrefix = "backlog of source ";

    /// <summary>Gets whether the reason is a backlog that is not loaded yet.</summary>
    internal bool IsBacklog => Limit.StartsWith(BacklogPrefix, StringComparison.Ordinal);

    /// <summary>
    /// Gets whether the reason is an operator's hold, which only <see cref="IOperatorHolds.ResumeAsync"/> lifts, rather
    /// than a limit.
    /// </summary>
    public bool ByOperator { get; init; }

    /// <summary>Gets the room taken, in bytes; null: the limit is not in bytes.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Gets the limit in bytes; null: there is none.</summary>
    public long? OfBytes { get; init; }
}
