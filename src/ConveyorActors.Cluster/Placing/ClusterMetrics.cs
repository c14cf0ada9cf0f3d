using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// The instruments of the pipelines of one node of a cluster: meter <c>ConveyorActors</c>, tags <c>system</c>,
/// <c>node</c> and <c>shard</c>. The gauge <c>conveyor.cluster.pipeline</c> gives the node and shard of each
/// <c>system</c> and <c>pipeline</c>, for use with a pipeline's other instruments.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The counts are read when a listener asks; only the distribution is recorded as it
/// happens.
/// </remarks>
sealed class ClusterMetrics : IDisposable
{
    readonly Meter meter = new("ConveyorActors");
    readonly ConcurrentDictionary<string, int> pipelines = new(StringComparer.Ordinal); // with their shards
    readonly Counts[] shards;
    readonly KeyValuePair<string, object?>[] own;
    readonly Histogram<double> handOverTime;

    sealed class Counts
    {
        public int Active;

        public long Taken,
            HandedOver,
            Passivated;
    }

    /// <param name="system">The value of the tag <c>system</c>.</param>
    /// <param name="node">The value of the tag <c>node</c>: the node's address.</param>
    /// <param name="shards">The number of shards.</param>
    public ClusterMetrics(string system, string node, int shards)
    {
        own = [new("system", system), new("node", node)];
        this.shards = new Counts[shards];
        meter.CreateObservableGauge(
            "conveyor.cluster.pipelines",
            () => Read(c => Volatile.Read(ref c.Active)),
            "{pipeline}",
            "Pipelines on this node, by shard"
        );
        meter.CreateObservableGauge(
            "conveyor.cluster.pipeline",
            MeasurePlaces,
            "1",
            "1 for each pipeline on this node, with its shard"
        );
        AddCounter("conveyor.cluster.taken", "Pipelines that this node has taken", c => Interlocked.Read(ref c.Taken));
        AddCounter(
            "conveyor.cluster.handed_over",
            "Pipelines that have left this node with their records, for another node or because this one stopped",
            c => Interlocked.Read(ref c.HandedOver)
        );
        AddCounter(
            "conveyor.cluster.passivated",
            "Pipelines that were idle, held nothing and were released",
            c => Interlocked.Read(ref c.Passivated)
        );
        handOverTime = meter.CreateHistogram<double>(
            "conveyor.cluster.hand_over_time",
            "s",
            "Time from the request to leave this node until everything was written"
        );
    }

    /// <summary>Counts a pipeline that was placed on this node.</summary>
    public void Take(string pipeline)
    {
        var counts = GetCounts(pipeline, out var shard);
        if (!pipelines.TryAdd(pipeline, shard))
            return;
        Interlocked.Increment(ref counts.Active);
        Interlocked.Increment(ref counts.Taken);
    }

    /// <summary>Counts a pipeline that has left this node.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="isPassivated">Whether the pipeline was stopped because it held nothing.</param>
    /// <param name="took">How long the hand-over took; null: not measured.</param>
    public void Leave(string pipeline, bool isPassivated, TimeSpan? took = null)
    {
        if (!pipelines.TryRemove(pipeline, out _))
            return;
        var counts = GetCounts(pipeline, out var shard);
        Interlocked.Decrement(ref counts.Active);
        if (isPassivated)
            Interlocked.Increment(ref counts.Passivated);
        else
            Interlocked.Increment(ref counts.HandedOver);
        if (took is { } time && handOverTime.Enabled)
            handOverTime.Record(time.TotalSeconds, CreateTags(shard));
    }

    public void Dispose() => meter.Dispose();

    Counts GetCounts(string pipeline, out int shard)
    {
        shard = PipelineHash.GetShard(PipelineExtractor.GetEntityId(pipeline), shards.Length);
        return LazyInitializer.EnsureInitialized(ref shards[shard]!, static () => new());
    }

    void AddCounter(string name, string description, Func<Counts, long> read) =>
        meter.CreateObservableCounter(name, () => Read(read), "{pipeline}", description);

    // Shards that this node never had a pipeline of are left out.
    IEnumerable<Measurement<T>> Read<T>(Func<Counts, T> read)
        where T : struct
    {
        for (var shard = 0; shard < shards.Length; shard++)
            if (Volatile.Read(ref shards[shard]) is { } counts)
                yield return new(read(counts), CreateTags(shard));
    }

    IEnumerable<Measurement<int>> MeasurePlaces() =>
        pipelines.Select(p => new Measurement<int>(1, [.. CreateTags(p.Value), new("pipeline", p.Key)])).ToArray();

    KeyValuePair<string, object?>[] CreateTags(int shard) => [.. own, new("shard", shard)];
}
