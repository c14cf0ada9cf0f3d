namespace ConveyorActors.Persistence.Model;

/// <summary>
/// The right of one incarnation to write a pipeline's events. The latest claim in the journal is in force.
/// </summary>
/// <param name="Epoch">The epoch, which grows by one with each claim.</param>
/// <param name="Incarnation">The incarnation that claims.</param>
/// <param name="Holder">The host and process of the incarnation, for messages.</param>
/// <param name="DeleteAfter">The time after the claim during which its holder deletes nothing.</param>
sealed record Claim(long Epoch, Guid Incarnation, string Holder, TimeSpan DeleteAfter)
{
    /// <inheritdoc/>
    public override string ToString() => $"epoch {Epoch}, {Holder}";
}
