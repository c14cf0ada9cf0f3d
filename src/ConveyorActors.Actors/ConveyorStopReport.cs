namespace ConveyorActors.Actors;

/// <summary>What a stop of the whole left behind.</summary>
/// <param name="BufferActorRemaining">
/// Records that no stage had taken from the buffer actors by the deadline; they are lost with the process, or their
/// sender was told.
/// </param>
/// <param name="Pipelines">What each pipeline left behind.</param>
public sealed record ConveyorStopReport(int BufferActorRemaining, IReadOnlyDictionary<string, StopReport> Pipelines)
{
    /// <summary>Records that remain, in buffer actors and pipelines.</summary>
    public long Remaining => BufferActorRemaining + Pipelines.Values.Sum(p => p.Remaining);

    /// <inheritdoc/>
    public override string ToString()
    {
        var lines = Pipelines.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"pipeline {p.Key}: {p.Value}");
        if (BufferActorRemaining > 0)
            lines = lines.Prepend($"buffer actors: {BufferActorRemaining} remaining; they are lost with this process");
        var text = string.Join("; ", lines);
        return text.Length > 0 ? text : "nothing was buffered";
    }
}
