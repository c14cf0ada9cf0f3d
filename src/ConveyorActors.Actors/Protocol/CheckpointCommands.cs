namespace ConveyorActors.Actors.Protocol;

/// <summary>Stores a checkpoint with the pipeline's records. The reply is <see cref="Stored"/>.</summary>
/// <param name="Pipeline">The pipeline; it is created if it does not exist.</param>
/// <param name="Checkpoint">The checkpoint. It replaces the one with the same key.</param>
public sealed record SetCheckpoint(string Pipeline, Checkpoint Checkpoint) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for a checkpoint. The reply is <see cref="CheckpointIs"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Key">The checkpoint's key.</param>
public sealed record GetCheckpoint(string Pipeline, string Key) : ConveyorCommand, IPipelineCommand;

/// <summary>Stores how far a source has been read. The reply is <see cref="Stored"/>.</summary>
/// <remarks>Records carry their own positions; use this command for input that was read and never offered.</remarks>
/// <param name="Pipeline">The pipeline; it is created if it does not exist.</param>
/// <param name="ReadSource">
/// The source. The command goes to the pipeline, because it needs no actor of the source.
/// </param>
/// <param name="Position">The position up to which the source has been read.</param>
public sealed record SetPosition(string Pipeline, string ReadSource, SourcePosition Position)
    : ConveyorCommand,
        IPipelineCommand;

/// <summary>
/// Asks how far a source had been read when the pipeline was opened. The reply is <see cref="PositionIs"/>.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="ReadSource">The source.</param>
public sealed record GetPosition(string Pipeline, string ReadSource) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Completes records of a lease and stores a checkpoint with them, in one step: after a crash either both are in effect
/// or neither. The reply is <see cref="Settled"/>. If the lease is not open, nothing is stored.
/// </summary>
/// <remarks>
/// This is a message of its own because a node of an earlier version would complete the records and ignore the
/// checkpoint.
/// </remarks>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage that gave the lease.</param>
/// <param name="Lease">The lease's id.</param>
/// <param name="Sequences">The records of the lease; null: all that are open.</param>
/// <param name="Checkpoint">The checkpoint.</param>
public sealed record CompleteWithCheckpoint(
    string Pipeline,
    string Stage,
    long Lease,
    IReadOnlyList<long>? Sequences,
    Checkpoint Checkpoint
) : ConveyorCommand, IStageCommand
{
    /// <inheritdoc/>
    public bool Equals(CompleteWithCheckpoint? other) =>
        base.Equals(other)
        && Pipeline == other.Pipeline
        && Stage == other.Stage
        && Lease == other.Lease
        && ByValue.AreEqual(Sequences, other.Sequences)
        && Checkpoint == other.Checkpoint;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Pipeline, Stage, Lease, Checkpoint);
}
