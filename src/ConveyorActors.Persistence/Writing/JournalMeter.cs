using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// The instruments of the journals of one actor system's pipelines: meter <c>ConveyorActors</c>, tags <c>system</c> and
/// <c>pipeline</c>.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The counts are read when a listener asks; only the distributions are recorded as they
/// happen.
/// </remarks>
sealed class JournalMeter : IDisposable
{
    readonly Meter meter = new("ConveyorActors");
    readonly ConcurrentDictionary<string, JournalCounts> pipelines = new(StringComparer.Ordinal);
    readonly string system;
    readonly Histogram<double> writeTime,
        claimTime;
    readonly Histogram<long> eventRecords;

    public JournalMeter(string system)
    {
        this.system = system;
        meter.CreateObservableGauge(
            "conveyor.journal.unwritten_bytes",
            () => Read(c => c.UnwrittenBytes),
            "By",
            "Bytes accepted and not yet written to the journal"
        );
        meter.CreateObservableGauge(
            "conveyor.journal.failing",
            () => Read(c => c.IsFailing ? 1 : 0),
            "1",
            "1 while offers are refused because the journal fails, otherwise 0"
        );
        AddCounter("conveyor.journal.events", "{event}", "Events written", c => c.Events);
        AddCounter("conveyor.journal.records", "{record}", "Records in the events written", c => c.Records);
        AddCounter("conveyor.journal.bytes", "By", "Bytes of the events written", c => c.Bytes);
        AddCounter("conveyor.journal.snapshots", "{snapshot}", "Snapshots saved", c => c.Snapshots);
        AddCounter("conveyor.journal.claims", "{claim}", "Openings whose claim was written", c => c.Claims);
        AddCounter(
            "conveyor.journal.fenced",
            "{claim}",
            "Claims that another process's claim has ended",
            c => c.Fenced
        );
        AddCounter("conveyor.journal.failures", "{failure}", "Writes, reads and openings that failed", c => c.Failures);
        eventRecords = meter.CreateHistogram<long>(
            "conveyor.journal.event_records",
            "{record}",
            "Records that were written with one event"
        );
        writeTime = meter.CreateHistogram<double>(
            "conveyor.journal.write_time",
            "s",
            "Time until the journal had written an event"
        );
        claimTime = meter.CreateHistogram<double>(
            "conveyor.journal.claim_time",
            "s",
            "Time from the opening of a pipeline until its claim was written"
        );
    }

    /// <summary>Returns the counts of a pipeline; they continue if it is opened again.</summary>
    public JournalCounts GetOrAddCounts(string pipeline) =>
        pipelines.GetOrAdd(pipeline, static (name, meter) => new(name, meter), this);

    /// <summary>Removes a pipeline that is closed.</summary>
    public void Remove(string pipeline) => pipelines.TryRemove(pipeline, out _);

    public void RecordWrite(string pipeline, TimeSpan took)
    {
        if (writeTime.Enabled)
            writeTime.Record(took.TotalSeconds, System, CreateTag(pipeline));
    }

    public void RecordGathered(string pipeline, long records)
    {
        if (eventRecords.Enabled)
            eventRecords.Record(records, System, CreateTag(pipeline));
    }

    public void RecordClaim(string pipeline, TimeSpan took)
    {
        if (claimTime.Enabled)
            claimTime.Record(took.TotalSeconds, System, CreateTag(pipeline));
    }

    public void Dispose() => meter.Dispose();

    void AddCounter(string name, string unit, string description, Func<JournalCounts, long> read) =>
        meter.CreateObservableCounter(name, () => Read(read), unit, description);

    IEnumerable<Measurement<long>> Read(Func<JournalCounts, long> read) =>
        pipelines.Values.Select(c => new Measurement<long>(read(c), System, CreateTag(c.Pipeline))).ToArray();

    KeyValuePair<string, object?> System => new("system", system);

    static KeyValuePair<string, object?> CreateTag(string pipeline) => new("pipeline", pipeline);
}
