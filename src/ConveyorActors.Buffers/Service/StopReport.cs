namespace ConveyorActors.Buffers.Service;

/// <summary>Reports the records that were settled during a stop of a pipeline, and those that remain.</summary>
/// <param name="Settled">The number of records settled between the call and the end.</param>
/// <param name="Remaining">
/// The number of records still pending at the end. In a memory-only pipeline they are lost with the process.
/// </param>
/// <param name="RemainingByStage">The same number by stage, without stages that have none.</param>
/// <param name="IsDurable">True when the remaining records will be there at the next start.</param>
public sealed record StopReport(
    long Settled,
    long Remaining,
    IReadOnlyDictionary<string, long> RemainingByStage,
    bool IsDurable
)
{
    /// <summary>Returns whether both reports are equal by value.</summary>
    public bool Equals(StopReport? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && Settled == other.Settled
            && Remaining == other.Remaining
            && IsDurable == other.IsDurable
            && RemainingByStage.Count == other.RemainingByStage.Count
            && RemainingByStage.All(stage =>
                other.RemainingByStage.TryGetValue(stage.Key, out var count) && count == stage.Value
            );

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Settled, Remaining, IsDurable);

    /// <inheritdoc/>
    public override string ToString() =>
        Remaining == 0
            ? $"{Settled} settled, none remaining"
            : $"{Settled} settled, {Remaining} remaining ({string.Join(", ", RemainingByStage.Select(r => $"{r.Key} {r.Value}"))}); "
                + (IsDurable ? "they will be there at the next start" : "they are lost with this process");
}
