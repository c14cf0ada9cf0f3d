using Akka.Actor.Setup;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>The three ways to make a system use the serializer.</summary>
static class Registration
{
    public const string Verify = "akka.actor.serialize-messages = on";

    public const string Hocon = """
        akka.actor {
          serializers.conveyor = "ConveyorActors.Actors.Wire.ConveyorSerializer, ConveyorActors.Actors"
          serialization-bindings {
            "ConveyorActors.Actors.Protocol.IConveyorMessage, ConveyorActors.Actors" = conveyor
          }
          serialization-identifiers {
            "ConveyorActors.Actors.Wire.ConveyorSerializer, ConveyorActors.Actors" = 7041
          }
        }
        """;
}

public sealed class RegistrationTests : Akka.TestKit.Xunit2.TestKit
{
    ExtendedActorSystem Extended => (ExtendedActorSystem)Sys;

    [Fact]
    public void A_running_system_can_be_configured_to_use_the_serializer()
    {
        // Akka remembers this answer.
        Assert.IsNotType<ConveyorSerializer>(Sys.Serialization.FindSerializerForType(typeof(Enqueue)));
        var serializer = ConveyorSerializer.Register(Extended);
        Assert.All(WireSystem.Types, type => Assert.Same(serializer, Sys.Serialization.FindSerializerForType(type)));
    }

    [Fact]
    public void Its_bytes_can_be_read_by_identifier_and_manifest()
    {
        var serializer = ConveyorSerializer.Register(Extended);
        var bytes = Sys.Serialization.Serialize(new GetSnapshot("logs"));
        Assert.Equal(
            new GetSnapshot("logs"),
            Sys.Serialization.Deserialize(bytes, ConveyorSerializer.Id, serializer.Manifest(new GetSnapshot("logs")))
        );
    }

    [Fact]
    public void A_module_loaded_later_does_not_disable_the_serializer()
    {
        ConveyorSerializer.Register(Extended);
        var before = Sys.Serialization;
        Sys.Settings.InjectTopLevelFallback(
            Akka.Configuration.ConfigurationFactory.ParseString("some.module.setting = 1")
        ); // as streams and persistence do
        Assert.NotSame(before, Sys.Serialization);
        Assert.All(
            WireSystem.Types,
            type => Assert.IsType<ConveyorSerializer>(Sys.Serialization.FindSerializerForType(type))
        );
        var bytes = Sys.Serialization.Serialize(new GetSnapshot("logs"));
        Assert.Equal(
            new GetSnapshot("logs"),
            Sys.Serialization.Deserialize(bytes, ConveyorSerializer.Id, "get-snapshot")
        );
    }

    [Fact]
    public void Registering_twice_registers_once() =>
        Assert.Same(ConveyorSerializer.Register(Extended), ConveyorSerializer.Register(Extended));

    [Fact]
    public async Task Registering_from_many_threads_registers_once()
    {
        var all = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => ConveyorSerializer.Register(Extended)))
        );
        Assert.Single(all.Distinct());
    }

    [Fact]
    public void A_system_that_was_configured_keeps_the_serializer_it_has()
    {
        var configured = ActorSystem.Create("configured", Registration.Hocon);
        try
        {
            var present = configured.Serialization.FindSerializerForType(typeof(IConveyorMessage));
            Assert.Same(present, ConveyorSerializer.Register((ExtendedActorSystem)configured));
        }
        finally
        {
            Shutdown(configured);
        }
    }
}

/// <summary>Each message is written and read again on its way to an actor, and on its way back.</summary>
public abstract class EveryMessageGoesThroughIt : Akka.TestKit.Xunit2.TestKit
{
    protected EveryMessageGoesThroughIt(ActorSystemSetup setup)
        : base(setup) { }

    protected EveryMessageGoesThroughIt(string hocon)
        : base(hocon) { }

    [Fact]
    public async Task Every_message_reaches_an_actor_and_is_returned_intact()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        foreach (var message in Examples.All(TestActor))
        {
            echo.Tell(message, TestActor);
            var back = await ExpectMsgAsync<object>(TimeSpan.FromSeconds(10));
            Same.Check(message, back);
            // Otherwise it was never written. Two messages have nothing to write and come back as the one there is.
            if (message is not (Configured or GetPipelines))
                Assert.NotSame(message, back);
        }
    }

    [Fact]
    public async Task A_payload_is_not_empty_after_a_round_trip()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        echo.Tell(
            new Enqueue(new BufferTarget("p", "s", "a"), new ConveyorRecord("1", new byte[] { 1, 2, 3 })),
            TestActor
        );
        Assert.Equal([1, 2, 3], (await ExpectMsgAsync<Enqueue>(TimeSpan.FromSeconds(10))).Record.Payload.ToArray());
    }

    [Fact]
    public async Task An_actor_named_in_a_message_can_receive_messages()
    {
        var (echo, owner) = (Sys.ActorOf(Props.Create(() => new Echo()), "echo"), CreateTestProbe());
        echo.Tell(new RequestCredits("p", "s", "a", 1, TimeSpan.FromSeconds(1)) { Owner = owner.Ref }, TestActor);
        (await ExpectMsgAsync<RequestCredits>(TimeSpan.FromSeconds(10))).Owner!.Tell("found");
        await owner.ExpectMsgAsync("found", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_reply_reaches_its_asker()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        Assert.Equal(new Count(7), await echo.Ask<Count>(new Count(7), TimeSpan.FromSeconds(10)));
    }

    sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message, Self));
    }
}

public sealed class ThroughConfiguration() : EveryMessageGoesThroughIt($"{Registration.Verify}\n{Registration.Hocon}");

public sealed class ThroughSetup()
    : EveryMessageGoesThroughIt(
        ActorSystemSetup
            .Empty.And(
                BootstrapSetup
                    .Create()
                    .WithConfig(Akka.Configuration.ConfigurationFactory.ParseString(Registration.Verify))
            )
            .And(ConveyorSerializer.Setup)
    );

public sealed class ThroughRegister : EveryMessageGoesThroughIt
{
    public ThroughRegister()
        : base(Registration.Verify) => ConveyorSerializer.Register((ExtendedActorSystem)Sys);
}
