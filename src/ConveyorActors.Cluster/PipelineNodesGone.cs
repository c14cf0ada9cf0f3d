namespace ConveyorActors.Cluster;

/// <summary>
/// Published to the event stream of an actor system when no node of its cluster has pipelines. Nodes that are
/// started again begin a new cluster, which this actor system is not part of: end it, and start it again, too.
/// </summary>
public sealed record PipelineNodesGone
{
    PipelineNodesGone() { }

    /// <summary>Gets the only instance.</summary>
    public static PipelineNodesGone Instance { get; } = new();
}
