namespace ConveyorActors.Persistence.Model;

/// <summary>Who may write a pipeline's events: the latest claim in its journal counts.</summary>
/// <param name="Epoch">Grows by one with each claim.</param>
/// <param name="Incarnation">Whose claim it is.</param>
/// <param name="Holder">The same for people: host and process.</param>
/// <param name="DeleteAfter">For how long after the claim its holder deletes nothing.</param>
sealed record Claim(long Epoch, Guid Incarnation, string Holder, TimeSpan DeleteAfter)
{
    /// <inheritdoc/>
    public override string ToString() => $"epoch {Epoch}, {Holder}";
}
