namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies how far a source has been read. Stored on disk together with the records read up to there.
/// </summary>
/// <param name="Offset">The offset at which the source continues, in the source's own unit (bytes of a file).</param>
/// <param name="Number">The number of records of the source before that offset.</param>
public readonly record struct SourcePosition(long Offset, long Number);
