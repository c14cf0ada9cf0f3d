namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Reports the items that were drained or dead-lettered during a stop of the per-core buffers, and those that remain.
/// </summary>
/// <param name="Drained">The number of items that the sink took between the call and the end.</param>
/// <param name="DeadLettered">The number of items that became dead letters between the call and the end.</param>
/// <param name="Remaining">
/// The number of items accepted and not settled at the end. They are drained first at the next start, and lost with the
/// process.
/// </param>
/// <param name="Buffers">The numbers of each buffer at the end.</param>
public sealed record CoreStopReport(
    long Drained,
    long DeadLettered,
    long Remaining,
    IReadOnlyList<CoreBufferStats> Buffers
)
{
    /// <summary>Gets whether no items remained.</summary>
    public bool IsEmpty => Remaining == 0;

    /// <inheritdoc/>
    public override string ToString()
    {
        var settled = DeadLettered == 0 ? $"{Drained} drained" : $"{Drained} drained, {DeadLettered} dead-lettered";
        if (Remaining == 0)
            return $"{settled}, none remaining";
        var places = Buffers.Where(b => b.Remaining > 0).Select(b => $"buffer {b.Core} {b.Remaining}");
        return $"{settled}, {Remaining} remaining ({string.Join(", ", places)}); they are lost with this process";
    }
}
