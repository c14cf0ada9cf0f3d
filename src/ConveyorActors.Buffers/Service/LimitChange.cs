namespace ConveyorActors.Buffers.Service;

/// <summary>What new limits would do to a running pipeline.</summary>
/// <param name="Rows">
/// Each level that would be over its new limit, or drop records so as not to be; empty when there is none.
/// </param>
/// <param name="Paused">Sources that would be paused and are not paused now.</param>
public sealed record LimitChange(IReadOnlyList<LimitChangeRow> Rows, IReadOnlyList<string> Paused)
{
    /// <summary>True when nothing would be refused, evicted or paused that is not now.</summary>
    public bool IsHarmless => Rows.Count == 0 && Paused.Count == 0;

    /// <summary>Compares by value.</summary>
    public bool Equals(LimitChange? other) =>
        ReferenceEquals(this, other)
        || other is not null && Rows.SequenceEqual(other.Rows) && Paused.SequenceEqual(other.Paused);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rows.Count, Paused.Count);
}

/// <summary>One level that would be over its new limit, or drop records so as not to be.</summary>
/// <param name="Level">"manager", "source NAME" or "stage NAME".</param>
/// <param name="Used">Room taken now, in records.</param>
/// <param name="NewLimit">The limit it would have.</param>
/// <param name="Evicted">Records that would be dropped at once (stages that drop their oldest).</param>
/// <param name="RefusedUntil">
/// Records that must settle before the next offer is accepted, after what is dropped. Where the level is over in bytes
/// this is the least number: it depends on their sizes.
/// </param>
public sealed record LimitChangeRow(string Level, long Used, long NewLimit, long Evicted, long RefusedUntil);
