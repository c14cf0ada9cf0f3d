using System.Diagnostics.Metrics;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Tests.Docs;
using ConveyorActors.Buffers.Tests.Manager;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests;

public sealed class BufferMetricsTests : IAsyncLifetime
{
    static readonly Dictionary<string, Func<LevelSnapshot, double>> LevelInstruments = new()
    {
        ["conveyor.buffered"] = l => l.Buffered,
        ["conveyor.in_flight"] = l => l.InFlight,
        ["conveyor.granted"] = l => l.Granted,
        ["conveyor.hopping"] = l => l.Hopping,
        ["conveyor.stored"] = l => l.Stored,
        ["conveyor.pending_bytes"] = l => l.PendingBytes,
        ["conveyor.limit"] = l => l.Limit,
        ["conveyor.fill"] = l => l.Fill,
        ["conveyor.mean_fill"] = l => l.MeanFill,
        ["conveyor.oldest_age"] = l => l.OldestAge.TotalSeconds,
        ["conveyor.mean_wait"] = l => l.MeanWait.TotalSeconds,
        ["conveyor.conserved"] = l => l.IsConserved ? 1 : 0,
        ["conveyor.offered"] = l => l.Offered,
        ["conveyor.accepted"] = l => l.Accepted,
        ["conveyor.completed"] = l => l.Completed,
        ["conveyor.retries"] = l => l.Retries,
    };

    static readonly Dictionary<string, Func<StageSnapshot, double>> StageInstruments = new()
    {
        ["conveyor.leases"] = s => s.Leases.Count,
        ["conveyor.dead_letters"] = s => s.DeadLetters,
    };

    readonly string pipeline = $"metrics-{Guid.NewGuid():N}";
    readonly FakeClock clock = new();
    BufferManager<int> manager = null!;

    public Task InitializeAsync()
    {
        // A bit of everything: waiting, in flight, promised, completed, returned, refused, dead-lettered, hopped.
        manager = new(
            new()
            {
                MaxPerStage = 10,
                MaxPerSource = 12,
                Stage = new() { Backoff = BackoffSettings.None, MaxRetries = 0 },
            },
            new()
            {
                PipelineId = pipeline,
                Clock = clock,
                SizeOf = static r => r,
            }
        );
        manager.BufferBatchForStage("parse", "web", [1, 2, 3, 4, 5, 6]);
        manager.BufferBatchForStage("parse", "log", [7, 8, 9, 10, 11, 12]);
        clock.Advance(TimeSpan.FromSeconds(3));
        var lease = manager.GetBatch("parse", new BatchRequest(4) { OneSource = true });
        manager.Complete(lease, [lease[0].Sequence]);
        manager.ReturnToBuffer(lease, [lease[1].Sequence], "failed");
        manager.Hop(lease, [lease[2].Sequence], "store", new[] { 20, 21 });
        manager.RequestCredits("store", "bus", 2, TimeSpan.FromMinutes(1));
        // Two leases and one dead letter, so that no number is mistaken for another.
        _ = manager.GetBatch("parse", 1);
        _ = manager.GetBatch("parse", 1);
        // These results wait for room.
        _ = manager.HopAsync(lease, [lease[3].Sequence], "store", Enumerable.Range(30, 20).ToArray());
        clock.Advance(TimeSpan.FromSeconds(2));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await manager.DisposeAsync();

    [Fact]
    public void The_meter_shows_the_same_values_as_the_snapshot()
    {
        var seen = Measure();
        var snapshot = manager.GetSnapshot();
        foreach (var (name, read) in LevelInstruments)
        {
            var expected = new Dictionary<string, double> { [Tags(("level", "manager"))] = read(snapshot.Total) };
            foreach (var stage in snapshot.Stages)
                expected[Tags(("level", "stage"), ("stage", stage.Stage))] = read(stage.Level);
            foreach (var source in snapshot.Sources)
                expected[Tags(("level", "source"), ("source", source.Source))] = read(source.Level);
            Assert.Equal(
                expected.OrderBy(e => e.Key, StringComparer.Ordinal),
                seen[name].OrderBy(e => e.Key, StringComparer.Ordinal)
            );
        }
        foreach (var (name, read) in StageInstruments)
            Assert.Equal(snapshot.Stages.ToDictionary(s => Tags(("stage", s.Stage)), read), seen[name]);
        // And there was something to see. Without a store no record is only on disk; another test has one.
        foreach (var name in LevelInstruments.Keys.Concat(StageInstruments.Keys).Where(n => n != "conveyor.stored"))
            Assert.Contains(seen[name].Values, v => v > 0);
    }

    [Fact]
    public async Task Records_that_are_only_on_disk_are_measured()
    {
        await manager.DisposeAsync();
        manager = new(
            new() { MaxPerStage = 100 },
            new()
            {
                PipelineId = pipeline,
                Clock = clock,
                Store = new BacklogStore(new Dictionary<string, int> { ["web"] = 1_000 }),
            }
        );
        var stored = manager.GetSnapshot().Total.Stored;

        Assert.InRange(stored, 1, 1_000);
        string[] levels = ["level=manager", $"level=stage stage={BacklogStore.Stage}", "level=source source=web"];
        Assert.Equal(levels.ToDictionary(l => l, _ => (double)stored), Measure()["conveyor.stored"]);
    }

    [Fact]
    public void The_series_of_a_stage_add_up_to_the_records_offered_to_it()
    {
        var seen = Measure();
        foreach (var stage in manager.GetSnapshot().Stages.Select(s => s.Stage))
        {
            double Read(string name) => seen[name][Tags(("level", "stage"), ("stage", stage))];
            var lost = seen["conveyor.lost"]
                .Where(l => l.Key.StartsWith($"stage={stage} ", StringComparison.Ordinal))
                .Sum(l => l.Value);

            Assert.Equal(
                Read("conveyor.offered"),
                Read("conveyor.completed")
                    + lost
                    + Read("conveyor.buffered")
                    + Read("conveyor.in_flight")
                    + Read("conveyor.hopping")
                    + Read("conveyor.stored")
            );
        }
    }

    [Fact]
    public void Losses_are_measured_by_stage_source_and_reason()
    {
        var expected = manager
            .GetSnapshot()
            .Losses.ToDictionary(
                l => Tags(("stage", l.Stage), ("source", l.Source), ("reason", l.Reason.ToString())),
                l => (double)l.Count
            );
        Assert.Equal(2, expected.Count); // two of log were refused, one of web has no retries left
        Assert.Equal(expected, Measure()["conveyor.lost"]);
    }

    [Fact]
    public void Signals_are_measured_by_source()
    {
        var expected = manager
            .GetSnapshot()
            .Sources.ToDictionary(s => Tags(("source", s.Source)), s => (double)s.Signal.Kind);
        Assert.Equal(expected, Measure()["conveyor.signal"]);
        Assert.Contains(expected.Values, v => v > 0);
    }

    [Fact]
    public void Holds_are_measured_by_the_kind_of_target()
    {
        Assert.Equal((0.0, 0.0), (Held("source"), Held("stage")));
        manager.Pause(HoldTarget.Source, "web");
        manager.Pause(HoldTarget.Source, "log");
        manager.Pause(HoldTarget.Stage, "parse");
        Assert.Equal((2.0, 1.0), (Held("source"), Held("stage")));
        manager.Resume(HoldTarget.Source, "web");
        Assert.Equal((1.0, 1.0), (Held("source"), Held("stage")));

        double Held(string target) => Measure()["conveyor.holds"][Tags(("target", target))];
    }

    [Fact]
    public void Every_instrument_is_listed_with_a_unit_and_a_description()
    {
        // other tests publish theirs at the same time
        var instruments = new System.Collections.Concurrent.ConcurrentQueue<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, _) =>
            {
                if (i.Meter.Name == "ConveyorActors" && i.Name.StartsWith("conveyor.", StringComparison.Ordinal))
                    instruments.Enqueue(i);
            },
        };
        listener.Start();
        string[] expected =
        [
            .. LevelInstruments.Keys,
            .. StageInstruments.Keys,
            "conveyor.lost",
            "conveyor.holds",
            "conveyor.signal",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            instruments.Select(i => i.Name).Distinct().Order(StringComparer.Ordinal)
        );
        Assert.All(
            instruments,
            i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name)
        );
        var document = File.ReadAllText(Path.Combine(DocumentTests.Root, "docs", "Metrics.md"));
        Assert.All(
            instruments,
            i => Assert.Contains($"| `{i.Name}` | {KindOf(i)} | {i.Unit} |", document, StringComparison.Ordinal)
        );

        static string KindOf(Instrument instrument) =>
            instrument.GetType().Name.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    [Fact]
    public async Task A_stopped_manager_sends_no_more_messages()
    {
        await manager.DisposeAsync();
        Assert.Empty(Measure());
    }

    /// <summary>Instrument, then tags, then value; of this test's pipeline only.</summary>
    Dictionary<string, Dictionary<string, double>> Measure()
    {
        var seen = new Dictionary<string, Dictionary<string, double>>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Meter.Name == "ConveyorActors")
                    l.EnableMeasurementEvents(i);
            },
        };
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Note(i, value, tags));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Note(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Note(i, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().Select(t => (t.Key, (string)t.Value!)).ToArray();
            if (!all.Contains(("pipeline", pipeline)))
                return;
            if (!seen.TryGetValue(instrument.Name, out var values))
                seen.Add(instrument.Name, values = []);
            values.Add(Tags([.. all.Where(t => t.Key != "pipeline")]), value);
        }
    }

    static string Tags(params (string Key, string Value)[] tags) =>
        string.Join(' ', tags.Select(t => $"{t.Key}={t.Value}"));
}
