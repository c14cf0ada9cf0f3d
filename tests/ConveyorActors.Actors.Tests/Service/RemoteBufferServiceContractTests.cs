using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Actors.Service;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>
/// The port keeps its contract over a real wire: the buffers are in one actor system, the caller in another, and a
/// socket between them.
/// </summary>
public sealed class RemoteBufferServiceContractTests : BufferServiceContract, IDisposable
{
    const string Remoting = """
        akka.loglevel = ERROR
        akka.stdout-loglevel = ERROR
        conveyor.coordinated-shutdown = off
        conveyor.wire.give-up-after = 2 m
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """;

    readonly List<ActorSystem> systems = [];

    protected override async ValueTask<IBufferService> CreateAsync(TimeProvider clock)
    {
        var node = Create("node", new ConveyorSetup { Clock = clock });
        var caller = Create("caller", new ConveyorSetup());
        ConveyorSerializer.Register((ExtendedActorSystem)caller);
        ConveyorSystem.Get(node);
        var address = ((ExtendedActorSystem)node).Provider.DefaultAddress;
        var pipelines = await caller.ActorSelection($"{address}/user/conveyor/pipelines").ResolveOne(MaxWait);
        Assert.False(((IActorRefScope)pipelines).IsLocal);
        return new ActorBufferService(caller, pipelines);
    }

    protected override string NodeOfCaller => "akka.tcp://caller@127.0.0.1:";

    protected override int MostSignalsSeenLate => 1 + 2 * 401; // all there are: messages may still be on their way

    ActorSystem Create(string name, ConveyorSetup setup)
    {
        var system = ActorSystem.Create(
            name,
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(Remoting)).And(setup)
        );
        systems.Add(system);
        return system;
    }

    public void Dispose() => Task.WaitAll([.. systems.Select(s => s.Terminate())]);
}
