namespace ConveyorActors.Streams;

/// <summary>
/// The numbers of records that a <see cref="BufferSink"/> has handled, by result. Once the sink has completed, the
/// first four add up to all its records.
/// </summary>
/// <param name="Accepted">The records that the stage has accepted.</param>
/// <param name="Duplicates">
/// The records with an id that the stage had already accepted within its duplicate window. They have no effect.
/// </param>
/// <param name="Dropped">
/// The records that a full stage dropped according to its full mode (<see cref="Buffers.FullMode.DropNewest"/>). Only
/// records whose credits had expired can be dropped.
/// </param>
/// <param name="TooLarge">
/// The records that were left out because no limit can admit them
/// (<see cref="BufferSinkSettings.SkipTooLarge"/>).
/// </param>
/// <param name="Evicted">
/// The older records that the stage dropped for these records (<see cref="Buffers.FullMode.DropOldest"/>), likewise
/// only if credits had expired.
/// </param>
public readonly record struct BufferSinkCounts(
    long Accepted,
    long Duplicates,
    long Dropped,
    long TooLarge,
    long Evicted
)
{
    /// <summary>Gets the number of records that need not be offered again.</summary>
    public long Total => Accepted + Duplicates + Dropped + TooLarge;
}
