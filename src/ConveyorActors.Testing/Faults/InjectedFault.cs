namespace ConveyorActors.Testing.Faults;

/// <summary>One fault that a <see cref="FaultyBufferService"/> has caused.</summary>
/// <param name="Kind">The kind of the fault.</param>
/// <param name="Call">The method that was called, such as <c>BufferForStageAsync</c>.</param>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Place">The stage, the source, or both.</param>
/// <param name="Number">The number of calls of this method at this place so far, including this one.</param>
public sealed record InjectedFault(FaultKind Kind, string Call, string Pipeline, string Place, long Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at call {Number} of {Call}, pipeline {Pipeline}, {Place}";
}
