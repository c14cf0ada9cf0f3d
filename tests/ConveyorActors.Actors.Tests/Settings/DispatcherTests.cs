using System.Collections.Concurrent;
using Akka.Dispatch;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

public class DispatcherTests
{
    sealed class Where : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(Environment.CurrentManagedThreadId);
    }

    [Fact]
    public async Task Each_actor_on_the_core_buffers_dispatcher_has_a_thread_of_its_own()
    {
        using var system = ActorSystem.Create("dispatcher");
        system.Settings.InjectTopLevelFallback(ConveyorSettings.ReferenceConfig);
        var settings = ConveyorSettings.FromConfig(system.Settings.Config);
        var props = Props.Create<Where>().WithDispatcher(settings.CoreBuffers.Dispatcher);

        var threads = new ConcurrentBag<int>();
        for (var actor = 0; actor < 3; actor++)
        {
            var where = system.ActorOf(props);
            var asked = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => where.Ask<int>("?", TimeSpan.FromSeconds(30))));
            threads.Add(Assert.Single(asked.Distinct()));
        }
        Assert.Equal(3, threads.Distinct().Count());
    }

    [Fact]
    public void The_dispatchers_own_keys_are_heeded()
    {
        using var system = ActorSystem.Create("dispatcher", "conveyor.core-buffer-dispatcher.throughput = 77");
        system.Settings.InjectTopLevelFallback(ConveyorSettings.ReferenceConfig);
        var dispatcher = Assert.IsType<PinnedDispatcher>(system.Dispatchers.Lookup("conveyor.core-buffer-dispatcher"));
        Assert.Equal(77, dispatcher.Throughput);
    }
}
