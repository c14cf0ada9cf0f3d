using System.Diagnostics.Metrics;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The instruments of the buffer actors of one actor system: meter <c>ConveyorActors</c>, tags <c>system</c> and
/// <c>core</c>.
/// </summary>
/// <remarks>
/// The instruments count nothing themselves: they read the buffer actors' counters when a listener asks.
/// </remarks>
sealed class BufferActorMetrics : IDisposable
{
    readonly Meter meter = new("ConveyorActors");
    readonly string system;
    readonly IReadOnlyList<BufferActorState> cores;
    readonly long[] accepted;
    readonly Lock gate = new();

    public BufferActorMetrics(string system, IReadOnlyList<BufferActorState> cores)
    {
        (this.system, this.cores) = (system, cores);
        accepted = new long[cores.Count];
        meter.CreateObservableGauge(
            "conveyor.buffer_actor.depth",
            () => Read(c => c.Gate.Used),
            "{record}",
            "Records that a buffer actor holds"
        );
        meter.CreateObservableGauge(
            "conveyor.buffer_actor.capacity",
            () => Read(c => c.Gate.Capacity),
            "{record}",
            "Records that a buffer actor holds at most"
        );
        meter.CreateObservableCounter(
            "conveyor.buffer_actor.accepted",
            () => Read(CountAccepted),
            "{record}",
            "Records that a buffer actor accepted"
        );
        meter.CreateObservableCounter(
            "conveyor.buffer_actor.refused",
            () => Read(c => c.Gate.Refused),
            "{record}",
            "Records that found a buffer actor full or stopping"
        );
        meter.CreateObservableCounter(
            "conveyor.buffer_actor.dropped",
            () => Read(c => c.Lost),
            "{record}",
            "Fire-and-forget records that no stage would ever take"
        );
    }

    public void Dispose() => meter.Dispose();

    IEnumerable<Measurement<long>> Read(Func<BufferActorState, long> read) =>
        cores
            .Select(c => new Measurement<long>(
                read(c),
                new("system", system),
                new KeyValuePair<string, object?>("core", c.Core)
            ))
            .ToArray();

    /// <summary>
    /// Returns the records that have left the buffer plus those in it. Records that leave between the two reads are
    /// missing from one observation; the number never decreases.
    /// </summary>
    long CountAccepted(BufferActorState core)
    {
        var left = core.PassedOn + core.Lost;
        var now = left + core.Gate.Used;
        lock (gate)
            return accepted[core.Core] = Math.Max(accepted[core.Core], now);
    }
}
