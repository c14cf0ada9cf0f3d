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

    /// <summary>This node grants the budgets of sources from now on. Info.</summary>
    public const string BudgetsTaken = nameof(BudgetsTaken);

    /// <summary>All of a source's budget is granted, and pipelines wait for more. Info.</summary>
    public const string BudgetExhausted = nameof(BudgetExhausted);

    /// <summary>No pipeline waits any more for a source's budget. Info.</summary>
    public const string BudgetAvailable = nameof(BudgetAvailable);

    /// <summary>
    /// Grants of this node's pipelines have expired without a reply; the sources with a budget accept nothing until
    /// there is one. Warning.
    /// </summary>
    public const string GrantsExpired = nameof(GrantsExpired);

    /// <summary>
    /// No node of the cluster has pipelines any more; nodes that are started again begin a new cluster. Warning.
    /// </summary>
    public const string NodesGone = nameof(NodesGone);

    /// <summary>
    /// This node has another journal or other settings than the cluster, and leaves it before it takes a pipeline.
    /// Error.
    /// </summary>
    public const string SettingsDiffer = nameof(SettingsDiffer);
}
