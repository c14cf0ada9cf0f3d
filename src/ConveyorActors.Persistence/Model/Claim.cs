namespace ConveyorActors.Persistence.Model;

/// <summary>
/// The right of one incarnation to write a pipeline's events: the latest claim in the journal counts.
/// </summary>
/// <param name="Epoch">Grows by one with each claim.</param>
/// <param name="Incarnation">The incarnation that claims.</param>
/// <param name="Holder">Host and process of the incarnation, for messages.</param>
/// <param name="DeleteAfter">For how long after the claim its holder deletes nothing.</param>
sealed record Claim(long Epoch, Guid Incarnation, string Holder, TimeSpan DeleteAfter)
{
    /// <inheritdoc/>
    public override string ToString() => $"epoch {Epoch}, {Holder}";
}
