namespace ConveyorActors.Testing.Faults;

/// <summary>One fault that a <see cref="FaultyBufferService"/> has caused.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Call">The method that was called, such as <c>BufferForStageAsync</c>.</param>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Place">The stage, the source, or both.</param>
/// <param name="Number">How many calls of this method had been made at this place, this one included.</param>
public sealed record InjectedFault(FaultKind Kind, string Call, string Pipeline, string Place, long Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at call {Number} of {Call}, pipeline {Pipeline}, {Place}";
}
