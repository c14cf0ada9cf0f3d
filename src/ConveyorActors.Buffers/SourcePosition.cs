namespace ConveyorActors.Buffers;

/// <summary>
/// How far a source has been read. Kept on disk together with the records that were read until there.
/// </summary>
/// <param name="Offset">Where the source goes on, in the source's own measure (bytes of a file).</param>
/// <param name="Number">How many records of the source lie before that.</param>
public readonly record struct SourcePosition(long Offset, long Number);
