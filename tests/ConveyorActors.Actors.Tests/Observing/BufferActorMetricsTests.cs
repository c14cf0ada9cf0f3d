using System.Diagnostics.Metrics;
using Akka.Configuration;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Observing;

/// <summary>The numbers of buffer actors and pipelines in the meter, with the actor system they belong to.</summary>
public sealed class BufferActorMetricsTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly string name = $"twin-{Guid.NewGuid():N}";
    readonly List<ActorSystem> systems = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in systems)
            await system.Terminate().WaitAsync(Patience);
    }

    ConveyorSystem Start()
    {
        var system = ActorSystem.Create(
            name,
            ConfigurationFactory.ParseString(
                """
                akka.loggers = []
                akka.stdout-loglevel = OFF
                conveyor.coordinated-shutdown = off
                conveyor.buffer-actors { count = 2, capacity = 8, batch-size = 8 }
                """
            )
        );
        systems.Add(system);
        return ConveyorSystem.Get(system);
    }

    static async Task Enqueue(ConveyorSystem conveyor, int records)
    {
        ConveyorRecord[] all = [.. Enumerable.Range(0, records).Select(i => new ConveyorRecord($"{i}", default))];
        var result = await conveyor
            .CreateWriter()
            .Ask<EnqueueResult>(new EnqueueBatch(new("shop", "enrich", "web-1"), all), Patience);
        Assert.Equal(records, result.Accepted);
    }

    /// <summary>Instrument and tags, then value, of the systems of this test.</summary>
    Dictionary<string, double> Measure()
    {
        var seen = new Dictionary<string, double>();
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
            var all = tags.ToArray().ToDictionary(t => t.Key, t => $"{t.Value}");
            if (!all.TryGetValue("system", out var system) || !system.StartsWith(name, StringComparison.Ordinal))
                return;
            seen.Add($"{instrument.Name} {string.Join(' ', all.Select(t => $"{t.Key}={t.Value}"))}", value);
        }
    }

    [Fact]
    public async Task Each_buffer_actor_has_its_numbers_in_the_meter()
    {
        var conveyor = Start();
        await Enqueue(conveyor, 3); // to one
        await Enqueue(conveyor, 2); // to the other
        var full = conveyor.CreateWriter();
        await Assert.ThrowsAsync<BufferServiceException>(() =>
            full.Ask<EnqueueResult>(
                new EnqueueBatch(
                    new("shop", "enrich", "web-1"),
                    (ConveyorRecord[])[.. Enumerable.Range(0, 9).Select(i => new ConveyorRecord($"x{i}", default))]
                ),
                Patience
            )
        );
        var seen = Measure();
        double Sum(string instrument) =>
            Enumerable.Range(0, 2).Sum(core => seen[$"conveyor.buffer_actor.{instrument} system={name} core={core}"]);
        Assert.Equal(
            (0.0, 16.0, 5.0, 9.0, 0.0),
            (Sum("depth"), Sum("capacity"), Sum("accepted"), Sum("refused"), Sum("dropped"))
        );
        await conveyor.Service.StopAsync("shop", TimeSpan.Zero);
        conveyor.Buffers.Tell(new Enqueue(new("shop", "enrich", "web-1"), new ConveyorRecord("late", default)));
        Assert.True(SpinWait.SpinUntil(() => (seen = Measure()).Count > 0 && Sum("dropped") == 1, Patience));
        Assert.Equal(6, Sum("accepted"));
    }

    [Fact]
    public async Task Two_systems_of_the_same_name_in_one_process_are_distinguished()
    {
        var (one, other) = (Start(), Start());
        await Enqueue(one, 3);
        await Enqueue(other, 2);
        var seen = Measure();
        Assert.Equal(3, seen[$"conveyor.buffered system={name} pipeline=shop level=manager"]);
        Assert.Equal(2, seen[$"conveyor.buffered system={name}#2 pipeline=shop level=manager"]);
        Assert.Equal(
            3,
            seen.Where(s =>
                    s.Key.StartsWith($"conveyor.buffer_actor.accepted system={name} core", StringComparison.Ordinal)
                )
                .Sum(s => s.Value)
        );
        Assert.Equal(
            2,
            seen.Where(s =>
                    s.Key.StartsWith($"conveyor.buffer_actor.accepted system={name}#2 core", StringComparison.Ordinal)
                )
                .Sum(s => s.Value)
        );
    }

    [Fact]
    public async Task A_stopped_system_is_no_longer_in_the_meter()
    {
        var conveyor = Start();
        await Enqueue(conveyor, 1);
        await conveyor.StopAsync(TimeSpan.Zero);
        Assert.DoesNotContain(Measure().Keys, k => k.StartsWith("conveyor.buffer_actor", StringComparison.Ordinal));
    }
}
