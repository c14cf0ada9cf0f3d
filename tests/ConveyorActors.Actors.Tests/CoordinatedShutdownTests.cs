using Akka.Event;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests;

public class CoordinatedShutdownTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    sealed class Listener(System.Collections.Concurrent.ConcurrentQueue<LogEvent> heard) : UntypedActor
    {
        protected override void OnReceive(object message) => heard.Enqueue((LogEvent)message);
    }

    static async Task<(ConveyorSystem Conveyor, string[] Said)> ShutDown(string configuration)
    {
        System.Collections.Concurrent.ConcurrentQueue<LogEvent> heard = new();
        var system = ActorSystem.Create("shutdown", configuration + """

            akka.loggers = []
            akka.stdout-loglevel = OFF
            akka.loglevel = INFO
            akka.coordinated-shutdown.phases.service-requests-done.timeout = 1 s
            """);
        system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(heard))), typeof(LogEvent));
        var conveyor = ConveyorSystem.Get(system);
        conveyor.Buffers.Tell(new EnqueueBatch(new("shop", "enrich", "web-1"), (ConveyorRecord[])[new("1", default), new("2", default)]));
        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience);
        Assert.True(system.WhenTerminated.IsCompleted);
        return (conveyor, [.. heard.Select(h => $"{h.LogLevel()}: {h.Message}")]);
    }

    [Fact]
    public async Task It_drains_the_buffers_and_logs_what_remains()
    {
        var (conveyor, said) = await ShutDown("");
        Assert.Equal(2, (await conveyor.StopAsync().WaitAsync(Patience)).Pipelines["shop"].Remaining);
        Assert.Contains(said, s => s.StartsWith("WarningLevel: The buffers are stopped, and not empty: pipeline shop: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Switched_off_it_leaves_the_buffers_alone()
    {
        var (_, said) = await ShutDown("conveyor.coordinated-shutdown = off");
        Assert.DoesNotContain(said, s => s.Contains("The buffers are stopped", StringComparison.Ordinal));
    }
}
