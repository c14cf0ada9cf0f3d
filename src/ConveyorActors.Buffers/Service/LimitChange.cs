namespace ConveyorActors.Buffers.Service;

/// <summary>The effect that new limits would have on a running pipeline.</summary>
/// <param name="Rows">
/// The levels that would be over their new limit, or would drop records to meet it; empty when there is none.
/// </param>
/// <param name="Paused">The sources that would be paused and are not paused now.</param>
public sealed record LimitChange(IReadOnlyList<LimitChangeRow> Rows, IReadOnlyList<string> Paused)
{
    /// <summary>Gets whether the new limits would refuse, evict and pause nothing that is admitted now.</summary>
    public bool IsHarmless => Rows.Count == 0 && Paused.Count == 0;

    /// <summary>Returns whether both changes are equal by value.</summary>
    public bool Equals(LimitChange? other) =>
        ReferenceEquals(this, other)
        || other is not null && Rows.SequenceEqual(other.Rows) && Paused.SequenceEqual(other.Paused);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rows.Count, Paused.Count);
}

/// <summary>A level that would be over its new limit, or would drop records to meet it.</summary>
/// <param name="Level">"manager", "source NAME" or "stage NAME".</param>
/// <param name="Used">The room taken now, in records.</param>
/// <param name="NewLimit">The new limit, in records.</param>
/// <param name="Evicted">
/// The number of records that would be dropped at once (in stages that drop their oldest).
/// </param>
/// <param name="RefusedUntil">
/// The number of records that must be settled, after those that are dropped, before the next offer is accepted. If the
/// level is over its limit in bytes, this is a minimum, because the exact number depends on the sizes.
/// </param>
public sealed record LimitChangeRow(string Level, long Used, long NewLimit, long Evicted, long RefusedUntil)
{
    /// <summary>Gets the room taken now, in bytes; null: the level will have no limit in bytes.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Gets the new limit in bytes; null: there is none.</summary>
    public long? NewLimitBytes { get; init; }
}
