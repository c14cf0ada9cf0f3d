using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>
/// Publishes the snapshots of managers through <see cref="System.Diagnostics.Metrics"/>, as meter <c>ConveyorActors</c>.
/// </summary>
/// <remarks>This class counts nothing: the instruments read the snapshot when a listener collects them.</remarks>
sealed class BufferMetrics : IDisposable
{
    const string LossesName = "conveyor.lost",
        HoldsName = "conveyor.holds",
        SignalsName = "conveyor.signal";

    // One meter for all pipelines: exporters drop a metric as soon as one of several meters of its name is disposed.
    static readonly Meter Meter = new("ConveyorActors");
    static readonly ConcurrentDictionary<BufferMetrics, bool> Published = new();

    readonly KeyValuePair<string, object?>[] own;
    readonly ScrapeSnapshots snapshots;

    static BufferMetrics()
    {
        AddGauge("conveyor.buffered", "{record}", "Records that wait", l => l.Buffered);
        AddGauge("conveyor.in_flight", "{record}", "Records that consumers hold", l => l.InFlight);
        AddGauge("conveyor.granted", "{record}", "Room promised", l => l.Granted);
        AddGauge("conveyor.hopping", "{record}", "Results that wait for room at the next stage", l => l.Hopping);
        AddGauge("conveyor.stored", "{record}", "Records from before the start, only on disk yet", l => l.Stored);
        AddGauge("conveyor.pending_bytes", "By", "Bytes buffered or in flight", l => l.PendingBytes);
        AddGauge("conveyor.limit", "{record}", "The limit", l => l.Limit);
        AddGauge("conveyor.fill", "1", "Fill by records or bytes, whichever is more", l => l.Fill);
        AddGauge("conveyor.mean_fill", "1", "Fill, time-weighted", l => l.MeanFill);
        AddGauge("conveyor.oldest_age", "s", "Age of the oldest record that waits", l => l.OldestAge.TotalSeconds);
        AddGauge("conveyor.mean_wait", "s", "Mean time that leased records had waited", l => l.MeanWait.TotalSeconds);
        AddGauge(
            "conveyor.conserved",
            "1",
            "1 when the level conserves its records and its room, 0 when it does not",
            l => l.IsConserved ? 1 : 0
        );
        AddStageGauge("conveyor.leases", "{lease}", "Open leases", s => s.Leases.Count);
        AddStageGauge("conveyor.dead_letters", "{record}", "Dead letters kept", s => s.DeadLetters);
        AddCounter("conveyor.offered", "Records offered", l => l.Offered);
        AddCounter("conveyor.accepted", "Records accepted", l => l.Accepted);
        AddCounter("conveyor.completed", "Records completed", l => l.Completed);
        AddCounter("conveyor.retries", "Returns charged", l => l.Retries);
        Meter.CreateObservableCounter(
            LossesName,
            () => MeasureAll(metrics => metrics.MeasureLosses()),
            "{record}",
            "Records refused, dropped, expired and dead-lettered, by reason"
        );
        Meter.CreateObservableGauge(
            HoldsName,
            () => MeasureAll(metrics => metrics.MeasureHolds()),
            "{hold}",
            "Operators' holds, by what is held"
        );
        Meter.CreateObservableGauge(
            SignalsName,
            () => MeasureAll(metrics => metrics.MeasureSignals()),
            "1",
            "0: none, 1: slow down, 2: pause"
        );
    }

    /// <summary>Publishes the numbers of a pipeline until the instance is disposed.</summary>
    /// <param name="system">The value of the tag <c>system</c>; null: the tag is left out.</param>
    /// <param name="pipeline">The name of the pipeline.</param>
    /// <param name="snapshot">Returns the pipeline's numbers.</param>
    /// <param name="clock">Measures the age of a snapshot.</param>
    public BufferMetrics(string? system, string pipeline, Func<PipelineSnapshot> snapshot, TimeProvider clock)
    {
        own = system is null ? [new("pipeline", pipeline)] : [new("system", system), new("pipeline", pipeline)];
        snapshots = new(snapshot, clock);
        Published.TryAdd(this, true);
    }

    public void Dispose() => Published.TryRemove(this, out _);

    static IEnumerable<Measurement<TValue>> MeasureAll<TValue>(
        Func<BufferMetrics, IEnumerable<Measurement<TValue>>> read
    )
        where TValue : struct => Published.Keys.SelectMany(read);

    static void AddGauge(string name, string unit, string description, Func<LevelSnapshot, double> read) =>
        Meter.CreateObservableGauge(
            name,
            () => MeasureAll(metrics => metrics.MeasureLevels(name, read)),
            unit,
            description
        );

    static void AddStageGauge(string name, string unit, string description, Func<StageSnapshot, long> read) =>
        Meter.CreateObservableGauge(
            name,
            () => MeasureAll(metrics => metrics.MeasureStages(name, read)),
            unit,
            description
        );

    static void AddCounter(string name, string description, Func<LevelSnapshot, long> read) =>
        Meter.CreateObservableCounter(
            name,
            () => MeasureAll(metrics => metrics.MeasureLevels(name, read)),
            "{record}",
            description
        );

    IEnumerable<Measurement<TValue>> MeasureLevels<TValue>(string name, Func<LevelSnapshot, TValue> read)
        where TValue : struct
    {
        var now = snapshots.GetSnapshot(name);
        yield return new(read(now.Total), CreateTags(("level", "manager")));
        foreach (var stage in now.Stages)
            yield return new(read(stage.Level), CreateTags(("level", "stage"), ("stage", stage.Stage)));
        foreach (var source in now.Sources)
            yield return new(read(source.Level), CreateTags(("level", "source"), ("source", source.Source)));
    }

    IEnumerable<Measurement<long>> MeasureStages(string name, Func<StageSnapshot, long> read) =>
        snapshots
            .GetSnapshot(name)
            .Stages.Select(stage => new Measurement<long>(read(stage), CreateTags(("stage", stage.Stage))));

    IEnumerable<Measurement<long>> MeasureLosses() =>
        snapshots
            .GetSnapshot(LossesName)
            .Losses.Select(row => new Measurement<long>(
                row.Count,
                CreateTags(("stage", row.Stage), ("source", row.Source), ("reason", row.Reason.ToString()))
            ));

    IEnumerable<Measurement<int>> MeasureHolds()
    {
        var holds = snapshots.GetSnapshot(HoldsName).Holds;
        yield return new(holds.Count(h => h.Target == HoldTarget.Source), CreateTags(("target", "source")));
        yield return new(holds.Count(h => h.Target == HoldTarget.Stage), CreateTags(("target", "stage")));
    }

    IEnumerable<Measurement<int>> MeasureSignals() =>
        snapshots
            .GetSnapshot(SignalsName)
            .Sources.Select(source => new Measurement<int>(
                (int)source.Signal.Kind,
                CreateTags(("source", source.Source))
            ));

    KeyValuePair<string, object?>[] CreateTags(params (string Key, string Value)[] more)
    {
        var tags = new KeyValuePair<string, object?>[own.Length + more.Length];
        own.CopyTo(tags, 0);
        for (var i = 0; i < more.Length; i++)
            tags[own.Length + i] = new(more[i].Key, more[i].Value);
        return tags;
    }
}
