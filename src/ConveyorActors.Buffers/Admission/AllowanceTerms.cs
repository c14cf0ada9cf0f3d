namespace ConveyorActors.Buffers.Admission;

/// <summary>What a budget over a cluster has granted of one source to one manager.</summary>
/// <param name="Granted">The most records of the source that the manager may hold.</param>
/// <param name="Admitted">
/// Up to how many new records are admitted: <paramref name="Granted"/>, or less while room is being given back or the
/// grant has expired.
/// </param>
/// <param name="Free">How much more the budget could grant when this was sent.</param>
/// <param name="Budget">The budget: records over all pipelines of the cluster.</param>
readonly record struct AllowanceTerms(long Granted, long Admitted, long Free, long Budget)
{
    /// <summary>Gets whether the budget has replied yet.</summary>
    public bool IsKnown => Budget > 0;
}
