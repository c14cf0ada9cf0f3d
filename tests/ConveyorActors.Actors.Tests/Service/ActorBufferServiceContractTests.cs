using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>The port over actors keeps the contract that the embedded one keeps.</summary>
public sealed class ActorBufferServiceContractTests : BufferServiceContract, IDisposable
{
    readonly List<ActorSystem> systems = [];

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock)
    {
        var setup = BootstrapSetup
            .Create()
            .WithConfig(
                ConfigurationFactory.ParseString(
                    "akka.loglevel = WARNING, akka.stdout-loglevel = WARNING, conveyor.coordinated-shutdown = off"
                )
            );
        var system = ActorSystem.Create("contract", setup.And(new ConveyorSetup { Clock = clock }));
        systems.Add(system);
        return new(ConveyorSystem.Get(system).Service);
    }

    protected override int MostSignalsSeenLate => 1 + 2 * 401; // all there are: messages may still be on their way

    public void Dispose()
    {
        foreach (var system in systems)
            Assert.True(system.Terminate().Wait(MaxWait));
    }
}
