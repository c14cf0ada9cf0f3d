using Akka.Configuration;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests;

/// <summary>How the buffers of an actor system come into being, and where they live.</summary>
public class ConveyorSystemTests() : TestKit("conveyor { buffer-actors.count = 3, coordinated-shutdown = off }")
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    static readonly BufferTarget Target = new("shop", "enrich", "web-1");

    [Fact]
    public async Task The_same_command_starts_everything_and_prints_the_same_twice()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        Assert.Same(conveyor, ConveyorSystem.Get(Sys));
        Assert.True(
            (await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", new byte[1])), Patience)).IsAccepted
        );
        Assert.Single((await conveyor.Service.GetBatchAsync("shop", "enrich", new(10))).Records);
    }

    [Fact]
    public async Task All_actors_live_under_one_parent_with_descriptive_names()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        await conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", new byte[1])), Patience);
        await conveyor.Service.GetSignalAsync("shop", "web-1");
        foreach (
            var path in (string[])
                [
                    "pipelines",
                    "core-0",
                    "core-1",
                    "core-2",
                    "buffers",
                    "writer-0",
                    "writer-1",
                    "writer-2",
                    "service",
                    "pipelines/shop",
                    "pipelines/shop/stage-enrich",
                    "pipelines/shop/source-web-1",
                ]
        )
        {
            var found = await Sys.ActorSelection($"/user/conveyor/{path}").ResolveOne(Patience);
            Assert.Equal($"/user/conveyor/{path}", found.Path.ToStringWithoutAddress());
        }
        await Assert.ThrowsAsync<ActorNotFoundException>(() =>
            Sys.ActorSelection("/user/conveyor/core-3").ResolveOne(TimeSpan.FromMilliseconds(500))
        );
        Assert.Equal((3, 3), (conveyor.BufferActors.Count, conveyor.Settings.BufferActors.Count));
        Assert.Equal([0, 1, 2], conveyor.BufferActors.Select(c => c.Core));
    }

    [Fact]
    public async Task Buffer_actors_run_on_their_own_dispatcher()
    {
        ConveyorSystem.Get(Sys);
        for (var core = 0; core < 3; core++)
        {
            var actor = (ActorRefWithCell)await Sys.ActorSelection($"/user/conveyor/core-{core}").ResolveOne(Patience);
            Assert.Equal("conveyor.buffer-actor-dispatcher", ((ActorCell)actor.Underlying).Dispatcher.Id);
        }
    }

    [Fact]
    public void By_default_there_is_one_buffer_actor_for_each_processor()
    {
        using var system = ActorSystem.Create("plain");
        Assert.Equal(Environment.ProcessorCount, ConveyorSystem.Get(system).BufferActors.Count);
    }

    [Fact]
    public void Writers_are_assigned_in_turn()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        var names = Enumerable.Range(0, 6).Select(_ => conveyor.CreateWriter().Path.Name).ToArray();
        Assert.Equal(["writer-0", "writer-1", "writer-2", "writer-0", "writer-1", "writer-2"], names);
    }

    [Fact]
    public void Refusals_are_returned_on_the_thread_of_the_sender_from_the_start()
    {
        using var system = ActorSystem.Create("small", "conveyor.buffer-actors { capacity = 1, batch-size = 1 }");
        var conveyor = ConveyorSystem.Get(system);
        using var kit = new TestKit(system);
        var probe = kit.CreateTestProbe();
        foreach (var door in (IActorRef[])[conveyor.Buffers, conveyor.CreateWriter()])
        {
            door.Tell(
                new EnqueueBatch(Target, (ConveyorRecord[])[new("1", default), new("2", default)], ExpectsReply: true),
                probe.Ref
            );
            probe.ExpectMsg<Failed>(TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("conveyor.buffer-actors.capacity = 0", "conveyor.buffer-actors.capacity")]
    [InlineData(
        "conveyor.buffer-actors.dispatcher = no-such-dispatcher",
        "conveyor.buffer-actors.dispatcher is \"no-such-dispatcher\""
    )]
    [InlineData("conveyor.stop-dedline = 1 s", "conveyor.stop-dedline is not a known key")]
    public void A_wrong_value_stops_the_start_with_the_name_of_its_key(string hocon, string says)
    {
        using var system = ActorSystem.Create("wrong", "akka.loglevel = OFF\n" + hocon);
        for (var i = 0; i < 2; i++)
            Assert.StartsWith(
                says,
                Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system)).Message,
                StringComparison.Ordinal
            );
    }

    [Fact]
    public async Task The_configuration_alone_can_start_it()
    {
        using var system = ActorSystem.Create(
            "listed",
            """
            akka.extensions = ["ConveyorActors.Actors.ConveyorSystemProvider, ConveyorActors.Actors"]
            """
        );
        Assert.NotNull(await system.ActorSelection("/user/conveyor/pipelines").ResolveOne(Patience));
        Assert.True(system.HasExtension<ConveyorSystem>());
    }

    sealed class Starter : UntypedActor
    {
        protected override void OnReceive(object message) =>
            Sender.Tell(ConveyorSystem.Get(Context.System).BufferActors.Count);
    }

    [Fact]
    public async Task All_threads_of_a_dispatcher_may_start_it_at_once()
    {
        using var system = ActorSystem.Create(
            "narrow",
            """
            akka.actor.default-dispatcher { executor = fork-join-executor, fork-join-executor { parallelism-min = 1, parallelism-max = 1 } }
            conveyor.buffer-actors.count = 3
            """
        );
        var asked = Enumerable
            .Range(0, 4)
            .Select(_ => system.ActorOf(Props.Create<Starter>()).Ask<int>("start", Patience))
            .ToArray();
        Assert.All(await Task.WhenAll(asked).WaitAsync(Patience), count => Assert.Equal(3, count));
    }

    [Theory]
    [InlineData(
        "buffer-actors.dispatcher = no-such",
        "conveyor.buffer-actors.dispatcher is \"no-such\"; it must be the path of a dispatcher's block"
    )]
    [InlineData(
        "buffer-actors.dispatcher = conveyor.ask-timeout",
        "conveyor.buffer-actors.dispatcher is \"conveyor.ask-timeout\"; it must be"
    )]
    [InlineData(
        "buffer-actors.dispatcher = conveyor.buffers",
        "conveyor.buffer-actors.dispatcher is \"conveyor.buffers\"; it must be"
    )]
    [InlineData(
        "buffer-actors.dispatcher = akka.actor",
        "conveyor.buffer-actors.dispatcher is \"akka.actor\"; it must be"
    )]
    [InlineData("dispatchers.pipelines = akka.actor", "conveyor.dispatchers.pipelines is \"akka.actor\"; it must be")]
    [InlineData("dispatchers.stages = no-such", "conveyor.dispatchers.stages is \"no-such\"; it must be")]
    [InlineData(
        "buffer-actor-dispatcher.type = Nonsense",
        "conveyor.buffer-actor-dispatcher.type is \"Nonsense\"; it must be Dispatcher, "
    )]
    [InlineData(
        "buffer-actor-dispatcher.type = \"System.String\"",
        "conveyor.buffer-actor-dispatcher.type is \"System.String\"; it must be Dispatcher, "
    )]
    [InlineData(
        "buffer-actor-dispatcher.executor = nonsense",
        "conveyor.buffer-actor-dispatcher.executor is \"nonsense\"; it must be default-executor, "
    )]
    [InlineData(
        "buffer-actor-dispatcher.throughput = x",
        "conveyor.buffer-actor-dispatcher.throughput is \"x\"; it must be a whole number from 1"
    )]
    [InlineData(
        "buffer-actor-dispatcher.throughput = 0",
        "conveyor.buffer-actor-dispatcher.throughput is \"0\"; it must be a whole number from 1"
    )]
    [InlineData(
        "buffer-actor-dispatcher.fork-join-executor.parallelism-min = x",
        "conveyor.buffer-actors.dispatcher is \"conveyor.buffer-actor-dispatcher\"; that dispatcher cannot be created: "
    )]
    [InlineData(
        "pipeline-dispatcher.type = Nonsense",
        "conveyor.pipeline-dispatcher.type is \"Nonsense\"; it must be Dispatcher, "
    )]
    [InlineData(
        "pipeline-dispatcher.throughput = many",
        "conveyor.pipeline-dispatcher.throughput is \"many\"; it must be a whole number"
    )]
    [InlineData(
        "dispatchers.stages = akka.actor.synchronized-dispatcher",
        "akka.actor.synchronized-dispatcher.type is \"SynchronizedDispatcher\"; it must be one that has threads of its own"
    )]
    [InlineData(
        "buffer-actors.dispatcher = akka.actor.synchronized-dispatcher",
        "akka.actor.synchronized-dispatcher.type is \"SynchronizedDispatcher\"; it must be one that"
    )]
    [InlineData(
        "buffer-actors.dispatcher = akka.test.calling-thread-dispatcher",
        "akka.test.calling-thread-dispatcher.type is \"Akka.TestKit.CallingThreadDispatcherConfigurator"
    )]
    public void A_wrong_dispatcher_is_named_at_once_with_its_key_and_value(string hocon, string says)
    {
        using var system = ActorSystem.Create(
            "wrong",
            ConfigurationFactory.ParseString($"akka.loglevel = OFF\nconveyor.{hocon}").WithFallback(DefaultConfig)
        );
        for (var i = 0; i < 2; i++)
            Assert.StartsWith(
                says,
                Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system)).Message,
                StringComparison.Ordinal
            );
    }

    [Theory]
    [InlineData("type = PinnedDispatcher")]
    [InlineData("type = TaskDispatcher")]
    [InlineData("type = ForkJoinDispatcher, dedicated-thread-pool { thread-count = 2 }")]
    [InlineData("throughput = 5")]
    [InlineData("executor = channel-executor")]
    public async Task Every_dispatcher_with_its_own_threads_can_be_named(string block)
    {
        using var system = ActorSystem.Create(
            "named",
            $"my {{ {block} }}\nconveyor {{ coordinated-shutdown = off, buffer-actors.dispatcher = my, dispatchers {{ pipelines = my, stages = my }} }}"
        );
        Assert.True(
            (
                await ConveyorSystem
                    .Get(system)
                    .Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", default)), Patience)
            ).IsAccepted
        );
    }

    [Fact]
    public void A_failed_start_can_succeed_once_the_configuration_is_right()
    {
        using var system = ActorSystem.Create("late", "akka.loglevel = OFF\nconveyor.buffer-actors.dispatcher = mine");
        Assert.Throws<ConfigurationException>(() => ConveyorSystem.Get(system));
        system.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString("mine { type = Dispatcher }"));
        Assert.NotNull(ConveyorSystem.Get(system));
    }

    [Fact]
    public async Task Pipelines_and_stages_run_on_their_configured_dispatchers()
    {
        using var system = ActorSystem.Create(
            "named",
            "my { type = Dispatcher }\nconveyor { coordinated-shutdown = off, dispatchers.stages = my }"
        );
        await ConveyorSystem.Get(system).Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("1", default)), Patience);
        foreach (
            var (path, dispatcher) in ((string, string)[])
                [
                    ("", "conveyor.pipeline-dispatcher"),
                    ("/pipelines", "conveyor.pipeline-dispatcher"),
                    ("/pipelines/shop", "conveyor.pipeline-dispatcher"),
                    ("/pipelines/shop/stage-enrich", "my"),
                ]
        )
        {
            var actor = (ActorRefWithCell)await system.ActorSelection($"/user/conveyor{path}").ResolveOne(Patience);
            Assert.Equal(dispatcher, ((ActorCell)actor.Underlying).Dispatcher.Id);
        }
    }

    sealed class Blocker(CountdownEvent isBlocked, ManualResetEventSlim go) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            isBlocked.Signal();
            go.Wait();
        }
    }

    [Theory]
    [InlineData("akka.actor.internal-dispatcher")]
    [InlineData("akka.actor.default-dispatcher")]
    public void Start_and_offers_work_while_every_thread_of_a_dispatcher_is_blocked(string dispatcher)
    {
        using var system = ActorSystem.Create(
            "blocked",
            $"conveyor.coordinated-shutdown = off\n{dispatcher} {{ executor = fork-join-executor, fork-join-executor {{ parallelism-min = 2, parallelism-max = 2 }} }}"
        );
        using ManualResetEventSlim go = new();
        using CountdownEvent blocked = new(2);
        for (var i = 0; i < 100; i++)
            system.ActorOf(Props.Create(() => new Blocker(blocked, go)).WithDispatcher(dispatcher)).Tell("block");
        Assert.True(blocked.Wait(Patience));
        try
        {
            var conveyor = ConveyorSystem.Get(system);
            conveyor.Buffers.Tell(new Enqueue(Target, new("1", default)), ActorRefs.NoSender);
            Assert.True(
                SpinWait.SpinUntil(() => conveyor.BufferActors.Sum(c => c.PassedOn) == 1, Patience),
                "the record did not reach its stage"
            );
        }
        finally
        {
            go.Set();
        }
    }

    [Fact]
    public async Task Two_systems_in_one_process_are_independent()
    {
        using var other = ActorSystem.Create(
            "other",
            "conveyor { buffer-actors.count = 2, coordinated-shutdown = off }"
        );
        var (here, there) = (ConveyorSystem.Get(Sys), ConveyorSystem.Get(other));
        await here.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("here", default)), Patience);
        await there.Buffers.Ask<EnqueueResult>(new Enqueue(Target, new("there", default)), Patience);
        Assert.Equal("there", Assert.Single(await there.Service.PeekAsync("shop", "enrich", 10)).Record.Id);
        await there.StopAsync(TimeSpan.Zero);
        Assert.Equal("here", Assert.Single(await here.Service.PeekAsync("shop", "enrich", 10)).Record.Id);
        Assert.Equal((3, 2), (here.BufferActors.Count, there.BufferActors.Count));
    }

    [Fact]
    public void Buffer_actors_may_run_on_any_dispatcher()
    {
        using var system = ActorSystem.Create(
            "shared",
            "conveyor.buffer-actors.dispatcher = akka.actor.default-dispatcher"
        );
        Assert.Equal("akka.actor.default-dispatcher", ConveyorSystem.Get(system).Settings.BufferActors.Dispatcher);
    }
}
