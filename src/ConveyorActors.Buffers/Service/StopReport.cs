namespace ConveyorActors.Buffers.Service;

/// <summary>What stopping a pipeline left behind.</summary>
/// <param name="Settled">Records settled between the call and the end.</param>
/// <param name="Remaining">
/// Records still pending at the end. In a memory-only pipeline they are lost with the process.
/// </param>
/// <param name="RemainingByStage">The same, stage by stage; stages without any are left out.</param>
/// <param name="IsDurable">True when what remains will be there at the next start.</param>
public sealed record StopReport(
    long Settled,
    long Remaining,
    IReadOnlyDictionary<string, long> RemainingByStage,
    bool IsDurable
)
{
    /// <summary>Compares by value.</summary>
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
