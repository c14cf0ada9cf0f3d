namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Bounds how much of a buffer actor each pipeline and target may hold. A pipeline may hold a share of the room that
/// the other pipelines leave, and a target the same share of the room that the other targets of its pipeline leave, so
/// a target that nobody consumes always leaves room for others. Used by the buffer actor alone.
/// </summary>
sealed class BufferActorShare(int capacity, double share)
{
    readonly Dictionary<string, Pipeline> pipelines = new(StringComparer.Ordinal);
    int held;

    /// <summary>The records that the lanes of one pipeline hold.</summary>
    public sealed class Pipeline
    {
        public int Held { get; set; }
    }

    /// <summary>Updates the number of records that a lane holds.</summary>
    public void UpdateCount(BufferActorLane lane)
    {
        var more = lane.Count - lane.Counted;
        if (more == 0)
            return;
        lane.Counted += more;
        held += more;
        var name = lane.Target.Pipeline;
        if (!pipelines.TryGetValue(name, out var pipeline))
            pipelines[name] = pipeline = new();
        if ((pipeline.Held += more) == 0)
            pipelines.Remove(name);
    }

    /// <summary>
    /// Returns whether a number of further records would exceed a lane's share. An empty lane may take any number:
    /// otherwise a batch larger than the share would never be accepted.
    /// </summary>
    public bool IsOver(BufferActorLane lane, int more)
    {
        if (share >= 1 || lane.Counted == 0)
            return false;
        var ofPipeline = pipelines.TryGetValue(lane.Target.Pipeline, out var pipeline) ? pipeline.Held : 0;
        var mostOfPipeline = share * (capacity - (held - ofPipeline));
        return ofPipeline + more > mostOfPipeline
            || lane.Counted + more > share * (mostOfPipeline - (ofPipeline - lane.Counted));
    }
}
