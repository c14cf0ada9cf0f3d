namespace ConveyorActors.Actors;

/// <summary>The result of stopping all buffers of an actor system.</summary>
/// <param name="BufferActorRemaining">
/// The records that no stage had taken from the buffer actors by the deadline. Each is lost with the process, or its
/// sender got a reply.
/// </param>
/// <param name="Pipelines">The report of each pipeline.</param>
public sealed record ConveyorStopReport(int BufferActorRemaining, IReadOnlyDictionary<string, StopReport> Pipelines)
{
    /// <summary>Gets the number of records that remain, in buffer actors and pipelines.</summary>
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
