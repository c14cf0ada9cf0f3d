using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// The instruments of the budgets of sources: meter <c>ConveyorActors</c>, tags <c>system</c>, <c>node</c> and
/// <c>source</c>.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Granted records are published by the node of the current singleton; held records by
/// each node for its own pipelines.
/// </remarks>
sealed class BudgetMetrics : IDisposable
{
    readonly Meter meter = new("ConveyorActors");
    readonly ConcurrentDictionary<string, (long Granted, int Waiting)> granted = new(StringComparer.Ordinal);
    readonly KeyValuePair<string, object?>[] own;

    /// <param name="system">The value of the tag <c>system</c>.</param>
    /// <param name="node">The value of the tag <c>node</c>: the node's address.</param>
    /// <param name="budgets">The budgets.</param>
    public BudgetMetrics(string system, string node, IReadOnlyDictionary<string, int> budgets)
    {
        own = [new("system", system), new("node", node)];
        meter.CreateObservableGauge(
            "conveyor.cluster.budget",
            () => budgets.Select(b => CreateMeasurement<long>(b.Key, b.Value)),
            "{record}",
            "The budget of a source over the cluster"
        );
        meter.CreateObservableGauge(
            "conveyor.cluster.budget_granted",
            () => granted.Select(g => CreateMeasurement(g.Key, g.Value.Granted)),
            "{record}",
            "Records granted to pipelines or reserved, where this node grants"
        );
        meter.CreateObservableGauge(
            "conveyor.cluster.budget_waiting",
            () => granted.Select(g => CreateMeasurement(g.Key, g.Value.Waiting)),
            "{pipeline}",
            "Pipelines that wait for more, where this node grants"
        );
        meter.CreateObservableGauge(
            "conveyor.cluster.budget_held",
            () => budgets.Keys.Select(s => CreateMeasurement(s, Held(s))),
            "{record}",
            "Records of a source that this node's pipelines hold"
        );
    }

    /// <summary>
    /// Gets or sets the function that returns the number of records of a source that this node's pipelines hold.
    /// </summary>
    public Func<string, long> Held { get; set; } = static _ => 0;

    /// <summary>Sets the number of records of a source that this node's singleton has granted.</summary>
    public void SetGranted(string source, long records, int waiting) => granted[source] = (records, waiting);

    /// <summary>Clears the granted records, because this node no longer grants anything.</summary>
    public void Stop() => granted.Clear();

    public void Dispose() => meter.Dispose();

    Measurement<T> CreateMeasurement<T>(string source, T value)
        where T : struct => new(value, [.. own, new("source", source)]);
}
