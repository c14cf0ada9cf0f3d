using System.Diagnostics.Metrics;
using ConveyorActors.Actors.Core;

namespace ConveyorActors.Actors.Observing;

/// <summary>The numbers of the core buffers of one actor system: meter <c>ConveyorActors</c>, tags <c>system</c> and <c>core</c>.</summary>
/// <remarks>Nothing is counted here: the instruments are read when a listener asks.</remarks>
sealed class CoreBufferMetrics : IDisposable
{
    readonly Meter meter = new("ConveyorActors");
    readonly string system;
    readonly IReadOnlyList<CoreBuffer> cores;
    readonly long[] accepted;
    readonly Lock gate = new();

    public CoreBufferMetrics(string system, IReadOnlyList<CoreBuffer> cores)
    {
        (this.system, this.cores) = (system, cores);
        accepted = new long[cores.Count];
        meter.CreateObservableGauge("conveyor.core_buffer.depth", () => Read(c => c.Gate.Used), "{record}", "Records that a core buffer holds");
        meter.CreateObservableGauge("conveyor.core_buffer.capacity", () => Read(c => c.Gate.Capacity), "{record}", "Records that a core buffer holds at most");
        meter.CreateObservableCounter("conveyor.core_buffer.accepted", () => Read(Accepted), "{record}", "Records that a core buffer let in");
        meter.CreateObservableCounter("conveyor.core_buffer.refused", () => Read(c => c.Gate.Refused), "{record}", "Records that found a core buffer full or stopping");
        meter.CreateObservableCounter(
            "conveyor.core_buffer.dropped", () => Read(c => c.Lost), "{record}", "Fire-and-forget records that no stage would ever take");
    }

    public void Dispose() => meter.Dispose();

    IEnumerable<Measurement<long>> Read(Func<CoreBuffer, long> read) =>
        cores.Select(c => new Measurement<long>(read(c), new("system", system), new KeyValuePair<string, object?>("core", c.Core))).ToArray();

    /// <summary>What has left and what is there. What leaves between the two reads is missed, for once: the number never goes back.</summary>
    long Accepted(CoreBuffer core)
    {
        var left = core.PassedOn + core.Lost;
        var now = left + core.Gate.Used;
        lock (gate) return accepted[core.Core] = Math.Max(accepted[core.Core], now);
    }
}
