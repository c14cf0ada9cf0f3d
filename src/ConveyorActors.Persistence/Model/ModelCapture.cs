using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence.Model;

/// <summary>A <see cref="PipelineModel"/> at one moment.</summary>
sealed record ModelCapture(
    Claim Claim,
    long LastUnit,
    KeyValuePair<string, string>[] Checkpoints,
    KeyValuePair<string, SourcePosition>[] Positions,
    StageCapture[] Stages
)
{
    /// <summary>The results of recent offers with ids; their times are in milliseconds since 1970.</summary>
    public IReadOnlyList<RecentOffer> Offers { get; init; } = [];

    /// <summary>When the latest offer was accepted that had to be forgotten; null: none was.</summary>
    public long? ForgottenOfferAt { get; init; }
}

/// <summary>A <see cref="StageModel"/> at one moment. The order of records is not that of their sequences.</summary>
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
