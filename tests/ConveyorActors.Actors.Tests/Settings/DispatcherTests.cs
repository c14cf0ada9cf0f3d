using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

public class DispatcherTests
{
    sealed class Where : UntypedActor
    {
        protected override void OnReceive(object message) =>
            Sender.Tell((Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread));
    }

    [Fact]
    public async Task The_buffer_actors_use_one_thread_per_processor_and_none_of_the_thread_pool()
    {
        using var system = ActorSystem.Create("dispatcher");
        system.Settings.InjectTopLevelFallback(ConveyorSettings.ReferenceConfig);
        var props = Props
            .Create<Where>()
            .WithDispatcher(ConveyorSettings.FromConfig(system.Settings.Config).BufferActors.Dispatcher);

        var actors = Enumerable.Range(0, 3 * Environment.ProcessorCount).Select(_ => system.ActorOf(props)).ToArray();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .SelectMany(_ => actors)
                .Select(actor => actor.Ask<(int Thread, bool IsOfThePool)>("where", TimeSpan.FromSeconds(30)))
        );

        Assert.InRange(answers.Select(a => a.Thread).Distinct().Count(), 1, Environment.ProcessorCount);
        Assert.DoesNotContain(answers, a => a.IsOfThePool);
    }

    [Fact]
    public void The_keys_of_the_dispatcher_are_applied()
    {
        using var system = ActorSystem.Create("dispatcher", "conveyor.buffer-actor-dispatcher.throughput = 77");
        system.Settings.InjectTopLevelFallback(ConveyorSettings.ReferenceConfig);
        Assert.Equal(77, system.Dispatchers.Lookup("conveyor.buffer-actor-dispatcher").Throughput);
    }
}
