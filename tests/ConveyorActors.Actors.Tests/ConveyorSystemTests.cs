using ConveyorActors.Buffers;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests;

/// <summary>How the buffers of an actor system come into being, and where they live.</summary>
public class ConveyorSystemTests() : TestKit("conveyor { core-buffers.count = 3, coordinated-shutdown = off }")
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    static readonly BufferTarget Target = new("shop", "enrich", "web-1");

    [Fact]
    public async Task One_line_starts_everything_and_says_it_again_the_second_time()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        Assert.Same(conveyor, ConveyorSystem.Get(Sys));
        Assert.True((await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", new byte[1])), Patience)).IsAccepted);
        Assert.Single((await conveyor.Service.GetBatchAsync("shop", "enrich", new(10))).Records);
    }

    [Fact]
    public async Task All_actors_live_under_one_parent_with_names_that_say_what_they_are()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", new byte[1])), Patience);
        await conveyor.Service.SignalAsync("shop", "web-1");
        foreach (var path in (string[])["pipelines", "core-0", "core-1", "core-2", "buffers", "writer-0", "writer-1", "writer-2", "service",
            "pipelines/shop", "pipelines/shop/stage-enrich", "pipelines/shop/source-web-1"])
        {
            var found = await Sys.ActorSelection($"/user/conveyor/{path}").ResolveOne(Patience);
            Assert.Equal($"/user/conveyor/{path}", found.Path.ToStringWithoutAddress());
        }
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection("/user/conveyor/core-3").ResolveOne(TimeSpan.FromMilliseconds(500)));
        Assert.Equal((3, 3), (conveyor.CoreBuffers.Count, conveyor.Settings.CoreBuffers.Count));
        Assert.Equal([0, 1, 2], conveyor.CoreBuffers.Select(c => c.Core));
    }

    [Fact]
    public async Task Core_buffers_run_on_their_own_dispatcher()
    {
        ConveyorSystem.Get(Sys);
        for (var core = 0; core < 3; core++)
        {
            var actor = (ActorRefWithCell)await Sys.ActorSelection($"/user/conveyor/core-{core}").ResolveOne(Patience);
            Assert.Equal("conveyor.core-buffer-dispatcher", ((ActorCell)actor.Underlying).Dispatcher.Id);
        }
    }

    [Fact]
    public void Without_a_word_there_is_one_core_buffer_for_each_processor()
    {
        using var system = ActorSystem.Create("plain");
        Assert.Equal(Environment.ProcessorCount, ConveyorSystem.Get(system).CoreBuffers.Count);
    }

    [Fact]
    public void Writers_are_given_out_in_turn()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        var names = Enumerable.Range(0, 6).Select(_ => conveyor.CreateWriter().Path.Name).ToArray();
        Assert.Equal(["writer-0", "writer-1", "writer-2", "writer-0", "writer-1", "writer-2"], names);
    }

    [Fact]
    public void What_is_refused_is_refused_on_the_senders_own_thread_from_the_start()
    {
        using var system = ActorSystem.Create("small", "conveyor.core-buffers { capacity = 1, batch-size = 1 }");
        var conveyor = ConveyorSystem.Get(system);
        using var kit = new TestKit(system);
        var probe = kit.CreateTestProbe();
        foreach (var door in (IActorRef[])[conveyor.Buffers, conveyor.CreateWriter()])
        {
            door.Tell(new EnqueueBatch(Target, (ConveyorRecord[])[new("1", default), new("2", default)], WantsAnswer: true), probe.Ref);
            probe.ExpectMsg<Failed>(TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("conveyor.core-buffers.capacity = 0", "conveyor.core-buffers.capacity")]
    [InlineData("conveyor.core-buffers.dispatcher = no-such-dispatcher", "conveyor.core-buffers.dispatcher is \"no-such-dispatcher\"")]
    [InlineData("conveyor.stop-dedline = 1 s", "conveyor.stop-dedline is not a known key")]
    public void A_wrong_value_stops_the_start_with_the_key_s_name(string hocon, string says)
    {
        using var system = ActorSystem.Create("wrong", "akka.loglevel = OFF\n" + hocon);
        for (var i = 0; i < 2; i++)
            Assert.StartsWith(says, Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_alone_can_start_it()
    {
        using var system = ActorSystem.Create("listed", """
            akka.extensions = ["ConveyorActors.Actors.ConveyorSystemProvider, ConveyorActors.Actors"]
            """);
        Assert.NotNull(await system.ActorSelection("/user/conveyor/pipelines").ResolveOne(Patience));
        Assert.True(system.HasExtension<ConveyorSystem>());
    }

    sealed class Starter : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(ConveyorSystem.Get(Context.System).CoreBuffers.Count);
    }

    [Fact]
    public async Task Actors_may_start_it_all_threads_of_their_dispatcher_at_once()
    {
        using var system = ActorSystem.Create("narrow", """
            akka.actor.default-dispatcher { executor = fork-join-executor, fork-join-executor { parallelism-min = 1, parallelism-max = 1 } }
            conveyor.core-buffers.count = 3
            """);
        var asked = Enumerable.Range(0, 4).Select(_ => system.ActorOf(Props.Create<Starter>()).Ask<int>("start", Patience)).ToArray();
        Assert.All(await Task.WhenAll(asked).WaitAsync(Patience), count => Assert.Equal(3, count));
    }

    [Fact]
    public async Task Two_systems_in_one_process_do_not_meet()
    {
        using var other = ActorSystem.Create("other", "conveyor.core-buffers.count = 2");
        var (here, there) = (ConveyorSystem.Get(Sys), ConveyorSystem.Get(other));
        await here.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("here", default)), Patience);
        await there.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("there", default)), Patience);
        Assert.Equal("there", Assert.Single(await there.Service.PeekAsync("shop", "enrich", 10)).Record.Id);
        await there.StopAsync(TimeSpan.Zero);
        Assert.Equal("here", Assert.Single(await here.Service.PeekAsync("shop", "enrich", 10)).Record.Id);
        Assert.Equal((3, 2), (here.CoreBuffers.Count, there.CoreBuffers.Count));
    }

    [Fact]
    public void Core_buffers_may_run_on_any_dispatcher()
    {
        using var system = ActorSystem.Create("shared", "conveyor.core-buffers.dispatcher = akka.actor.default-dispatcher");
        Assert.Equal("akka.actor.default-dispatcher", ConveyorSystem.Get(system).Settings.CoreBuffers.Dispatcher);
    }
}
