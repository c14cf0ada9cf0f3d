namespace ConveyorActors.Streams;

/// <summary>
/// What became of the records that a <see cref="BufferSink"/> was given. The sum of the first four is all of them, once
/// the sink has completed.
/// </summary>
/// <param name="Accepted">In the stage.</param>
/// <param name="Duplicates">Of an id that the stage had accepted within its window. Nothing changed by them.</param>
/// <param name="Dropped">
/// Dropped by the stage's rule (<see cref="Buffers.FullMode.DropNewest"/>), which can only happen to records whose
/// credits had expired.
/// </param>
/// <param name="TooLarge">
/// Left out because no limit could ever admit them (<see cref="BufferSinkSettings.SkipTooLarge"/>).
/// </param>
/// <param name="Evicted">
/// Older records that gave way to these (<see cref="Buffers.FullMode.DropOldest"/>), likewise only where credits had
/// expired.
/// </param>
public readonly record struct BufferSinkCounts(
    long Accepted,
    long Duplicates,
    long Dropped,
    long TooLarge,
    long Evicted
)
{
    /// <summary>Records that need not be offered again.</summary>
    public long Total => Accepted + Duplicates + Dropped + TooLarge;
}
