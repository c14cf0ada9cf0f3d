namespace ConveyorActors.Actors;

/// <summary>What a stop of the whole left behind.</summary>
/// <param name="CoreRemaining">Records that no stage had taken from the core buffers by the deadline; they are lost with the process, or their sender was told.</param>
/// <param name="Pipelines">What each pipeline left behind.</param>
public sealed record ConveyorStopReport(int CoreRemaining, IReadOnlyDictionary<string, StopReport> Pipelines)
{
    /// <summary>Records that remain, in core buffers and pipelines.</summary>
    public long Remaining => CoreRemaining + Pipelines.Values.Sum(p => p.Remaining);

    /// <inheritdoc/>
    public override string ToString()
    {
        var lines = Pipelines.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"pipeline {p.Key}: {p.Value}");
        if (CoreRemaining > 0) lines = lines.Prepend($"core buffers: {CoreRemaining} remaining; they are lost with this process");
        var text = string.Join("; ", lines);
        return text.Length > 0 ? text : "nothing was buffered";
    }
}
