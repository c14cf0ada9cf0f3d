using System.Diagnostics.Metrics;

namespace ConveyorActors.Buffers.Tests;

public class BufferMetricsTests
{
    [Fact]
    public async Task The_meter_says_what_the_snapshot_says()
    {
        var pipeline = $"metered-{Guid.NewGuid():N}";
        await using var manager = new BufferManager<int>(new() { MaxPerStage = 10, Stage = new() { MaxRetries = 0 } }, new() { PipelineId = pipeline, SizeOf = _ => 8 });
        manager.BufferBatchForStage("filter", "kafka-1", new int[12]);
        manager.RequestCredits("kafka-1", "enrich", 2, TimeSpan.FromMinutes(1));
        var batch = manager.GetBatch("filter", 5);
        manager.Complete(batch, [1, 2]);
        manager.ReturnToBuffer(batch, [3], "bad");

        var read = Read(pipeline);
        var snapshot = manager.Snapshot();

        Assert.Equal(1, read["conveyor.conserved level=manager"]);
        foreach (var (level, where) in snapshot.Stages.Select(s => (s.Level, $"level=stage stage={s.Stage}"))
            .Concat(snapshot.Sources.Select(s => (s.Level, $"level=source source={s.Source}"))).Append((snapshot.Total, "level=manager")))
        {
            Assert.Equal(level.Buffered, read[$"conveyor.buffered {where}"]);
            Assert.Equal(level.InFlight, read[$"conveyor.in_flight {where}"]);
            Assert.Equal(level.Granted, read[$"conveyor.granted {where}"]);
            Assert.Equal(level.PendingBytes, read[$"conveyor.pending_bytes {where}"]);
            Assert.Equal(level.Limit, read[$"conveyor.limit {where}"]);
            Assert.Equal(level.Fill, read[$"conveyor.fill {where}"]);
            Assert.Equal(level.Offered, read[$"conveyor.offered {where}"]);
            Assert.Equal(level.Accepted, read[$"conveyor.accepted {where}"]);
            Assert.Equal(level.Completed, read[$"conveyor.completed {where}"]);
            Assert.Equal(level.Retries, read[$"conveyor.retries {where}"]);
        }

        foreach (var loss in snapshot.Losses)
            Assert.Equal(loss.Count, read[$"conveyor.lost stage={loss.Stage} source={loss.Source} reason={loss.Reason}"]);
        Assert.Equal(2, snapshot.Losses.Count);
        Assert.Equal((double)snapshot.Sources.Single().Signal.Kind, read["conveyor.signal source=kafka-1"]);
    }

    [Fact]
    public async Task A_stopped_manager_says_nothing_any_more()
    {
        var pipeline = $"metered-{Guid.NewGuid():N}";
        var manager = new BufferManager<int>(null, new() { PipelineId = pipeline });
        Assert.NotEmpty(Read(pipeline));
        await manager.DisposeAsync();
        Assert.Empty(Read(pipeline));
    }

    /// <summary>What a listener reads of one pipeline: instrument and tags, and the value.</summary>
    static Dictionary<string, double> Read(string pipeline)
    {
        var read = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "ConveyorActors") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Keep(i, value, tags));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Keep(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Keep(i, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray();
            if (!all.Any(t => t.Key == "pipeline" && (string?)t.Value == pipeline)) return;
            read[$"{instrument.Name} {string.Join(' ', all.Where(t => t.Key != "pipeline").Select(t => $"{t.Key}={t.Value}"))}"] = value;
        }
    }
}
