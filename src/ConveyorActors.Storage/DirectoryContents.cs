using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Storage;

/// <summary>What is in a data directory.</summary>
/// <param name="Pipelines">Each pipeline, by name.</param>
/// <param name="Transaction">The number of the last transaction.</param>
/// <param name="Bytes">What the files take.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record DirectoryContents(
    IReadOnlyList<PipelineContents> Pipelines,
    long Transaction,
    long Bytes,
    IReadOnlyList<Finding> Findings
);

/// <summary>One pipeline.</summary>
/// <param name="Pipeline">Its name.</param>
/// <param name="Stages">Each stage, by name.</param>
/// <param name="Positions">How far each source has been read.</param>
/// <param name="Checkpoints">The checkpoints, by key.</param>
public sealed record PipelineContents(
    string Pipeline,
    IReadOnlyList<StageContents> Stages,
    IReadOnlyDictionary<string, SourcePosition> Positions,
    IReadOnlyDictionary<string, string> Checkpoints
);

/// <summary>One stage.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Pending">Records that wait, whoever held them when the process ended.</param>
/// <param name="Parked">Results of hops that wait for room in the stage.</param>
/// <param name="Bytes">What they take, about.</param>
/// <param name="DeadLetters">Dead letters.</param>
/// <param name="Completed">Records completed so far.</param>
/// <param name="Retries">Returns charged so far.</param>
/// <param name="Losses">What did not go through so far.</param>
/// <param name="Sources">Sources with records that wait, and how many.</param>
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
