namespace ConveyorActors.Persistence.Model;

/// <summary>A <see cref="PipelineModel"/> at one moment.</summary>
sealed record ModelCapture(
    Claim Claim, long LastUnit, KeyValuePair<string, string>[] Notes, KeyValuePair<string, SourcePosition>[] Positions, StageCapture[] Stages);

/// <summary>A <see cref="StageModel"/> at one moment. The order of records is not that of their sequences.</summary>
sealed record StageCapture(
    string Stage, long LastSequence, long LastParking, int Depth, long Discarded, LineModel Retired, KeyValuePair<string, LineModel>[] Lines,
    KeyValuePair<long, PendingRecord>[] Records, KeyValuePair<long, PendingRecord>[] Parked, DeadLetter<ConveyorRecord>[] Dead, (string Id, long At)[] Seen);
