namespace ConveyorActors.Buffers.Admission;

/// <summary>The room that a budget over a cluster has granted to one manager for one source.</summary>
/// <param name="Granted">The most records of the source that the manager may hold.</param>
/// <param name="Admitted">
/// The number up to which new records are admitted: <paramref name="Granted"/>, or less while room is being returned
/// or the grant has expired.
/// </param>
/// <param name="Free">The additional room that the budget could grant when the terms were sent.</param>
/// <param name="Budget">The budget: the most records over all pipelines of the cluster.</param>
readonly record struct AllowanceTerms(long Granted, long Admitted, long Free, long Budget)
{
    /// <summary>Gets whether the budget has replied yet.</summary>
    public bool IsKnown => Budget > 0;
}
