using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Storage;

/// <summary>The contents of a data directory.</summary>
/// <param name="Pipelines">The pipelines, by name.</param>
/// <param name="Transaction">The number of the last transaction.</param>
/// <param name="Bytes">The total size of the files.</param>
/// <param name="Findings">The findings of opening the directory.</param>
public sealed record DirectoryContents(
    IReadOnlyList<PipelineContents> Pipelines,
    long Transaction,
    long Bytes,
    IReadOnlyList<Finding> Findings
);

/// <summary>The contents of one pipeline.</summary>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Stages">The stages, by name.</param>
/// <param name="Positions">The position up to which each source has been read, by source.</param>
/// <param name="Checkpoints">The checkpoints, by key.</param>
public sealed record PipelineContents(
    string Pipeline,
    IReadOnlyList<StageContents> Stages,
    IReadOnlyDictionary<string, SourcePosition> Positions,
    IReadOnlyDictionary<string, string> Checkpoints
);

/// <summary>The contents of one stage.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Pending">
/// The number of waiting records, including those that were leased when the process ended.
/// </param>
/// <param name="Parked">The number of results of hops that wait for room in the stage.</param>
/// <param name="Bytes">The approximate bytes of these records.</param>
/// <param name="DeadLetters">The number of dead letters.</param>
/// <param name="Completed">The number of records completed so far.</param>
/// <param name="Retries">The number of returns with a charged retry so far.</param>
/// <param name="Losses">The numbers of records lost or refused so far, by reason.</param>
/// <param name="Sources">The number of waiting records, by source, of the sources that have any.</param>
public sealed record StageContents(
    string Stage,
    long Pending,
    long Parked,
    long Bytes,
    int DeadLetters,
    long Completed,
    long Retries,
    IReadOnlyList<(LossReason Reason, long Count)> Losses,
    IReadOnlyList<(string Source, int Pending)> Sources
);
