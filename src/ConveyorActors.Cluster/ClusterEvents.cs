namespace ConveyorActors.Cluster;

/// <summary>The names of the cluster's events in the log: the value of <c>EventName</c> in each entry.</summary>
public static class ClusterEvents
{
    /// <summary>A pipeline was placed on this node. Info.</summary>
    public const string PipelineTaken = nameof(PipelineTaken);

    /// <summary>A pipeline has left this node, and all its changes are written. Info.</summary>
    public const string PipelineHandedOver = nameof(PipelineHandedOver);

    /// <summary>A pipeline was idle and held nothing; it was stopped until it is used again. Info.</summary>
    public const string PipelinePassivated = nameof(PipelinePassivated);

    /// <summary>This node grants the budgets of sources from now on. Info.</summary>
    public const string BudgetsTaken = nameof(BudgetsTaken);

    /// <summary>A source's budget is fully granted, and pipelines wait for more. Info.</summary>
    public const string BudgetExhausted = nameof(BudgetExhausted);

    /// <summary>No pipeline waits for a source's budget. Info.</summary>
    public const string BudgetAvailable = nameof(BudgetAvailable);

    /// <summary>
    /// Grants of this node's pipelines have expired without a reply; their sources with a budget accept no records
    /// until there is one. Warning.
    /// </summary>
    public const string GrantsExpired = nameof(GrantsExpired);

    /// <summary>
    /// No node of the cluster has pipelines; nodes that are started again begin a new cluster. Warning.
    /// </summary>
    public const string NodesGone = nameof(NodesGone);

    /// <summary>
    /// This node has another journal or other settings than the cluster, and leaves it without taking a pipeline.
    /// Error.
    /// </summary>
    public const string SettingsDiffer = nameof(SettingsDiffer);
}
