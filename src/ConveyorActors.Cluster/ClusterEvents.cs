namespace ConveyorActors.Cluster;

/// <summary>The names of the cluster's events in the log: the value of <c>EventName</c> in each entry.</summary>
public static class ClusterEvents
{
    /// <summary>A pipeline is on this node from now on. Info.</summary>
    public const string PipelineTaken = nameof(PipelineTaken);

    /// <summary>A pipeline has left this node, with everything written. Info.</summary>
    public const string PipelineHandedOver = nameof(PipelineHandedOver);

    /// <summary>A pipeline was idle and held nothing; it is let go of until it is used again. Info.</summary>
    public const string PipelinePassivated = nameof(PipelinePassivated);
}
