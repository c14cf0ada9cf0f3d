using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence.Model;

/// <summary>A copy of a <see cref="PipelineModel"/> at one moment.</summary>
sealed record ModelCapture(
    Claim Claim,
    long LastUnit,
    KeyValuePair<string, string>[] Checkpoints,
    KeyValuePair<string, SourcePosition>[] Positions,
    StageCapture[] Stages
)
{
    /// <summary>Gets the results of recent offers with ids; their times are in milliseconds since 1970.</summary>
    public IReadOnlyList<RecentOffer> Offers { get; init; } = [];

    /// <summary>Gets when the latest of the forgotten offers was accepted; null: none was forgotten.</summary>
    public long? ForgottenOfferAt { get; init; }
}

/// <summary>
/// A copy of a <see cref="StageModel"/> at one moment. Records are not in the order of their sequences.
/// </summary>
sealed record StageCapture(
    string Stage,
    long LastSequence,
    long LastParking,
    int Depth,
    long Discarded,
    SourceModel Retired,
    KeyValuePair<string, SourceModel>[] Sources,
    KeyValuePair<long, PendingRecord>[] Records,
    KeyValuePair<long, PendingRecord>[] Parked,
    DeadLetter<ConveyorRecord>[] Dead,
    (string Id, long At)[] Seen
);
