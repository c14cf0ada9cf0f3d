namespace ConveyorActors.Buffers.Service;

/// <summary>The part of the port that keeps notes and positions with a pipeline's records.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface ICheckpointStore
{
    /// <summary>Settles records of a lease as done and takes note of something: after a crash both are there or neither.</summary>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        throw NothingStored.Error(pipeline);

    /// <summary>Takes note of something.</summary>
    ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) => throw NothingStored.Error(pipeline);

    /// <summary>What was noted last under a key; null: nothing.</summary>
    ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default) => new((string?)null);

    /// <summary>How far a source had been read when the pipeline was opened; null when nothing is known of it.</summary>
    ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) => new((SourcePosition?)null);

    /// <summary>
    /// Takes note of how far a source has been read. Records bring their positions along; this is for what was read and never offered.
    /// <see cref="PositionAsync"/> returns it once the pipeline is opened again.
    /// </summary>
    ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) => throw NothingStored.Error(pipeline);
}
