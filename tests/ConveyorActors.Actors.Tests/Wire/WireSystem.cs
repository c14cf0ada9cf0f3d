using System.Runtime.Serialization;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>A serializer in an actor system of its own, for the tests that send nothing.</summary>
public sealed class WireSystem : IDisposable
{
    readonly ActorSystem system = ActorSystem.Create("wire", "akka.loglevel = WARNING");

    public WireSystem()
    {
        Serializer = new ConveyorSerializer((ExtendedActorSystem)system);
        Actor = ((ExtendedActorSystem)system).Provider.ResolveActorRef("akka://wire/user/owner#7");
        All = Examples.All(Actor);
    }

    public ConveyorSerializer Serializer { get; }

    /// <summary>An actor of a path that is the same in every run.</summary>
    public IActorRef Actor { get; }

    public IReadOnlyList<IConveyorMessage> All { get; }

    /// <summary>Every message type that there is, by name.</summary>
    public static TheoryData<string> Names => [.. Types.Select(t => t.Name)];

    public static IReadOnlyList<Type> Types { get; } =
    [
        .. typeof(IConveyorMessage)
            .Assembly.GetTypes()
            .Where(t => typeof(IConveyorMessage).IsAssignableFrom(t) && t is { IsAbstract: false, IsInterface: false }),
    ];

    public IConveyorMessage Example(string name) =>
        All.SingleOrDefault(m => m.GetType().Name == name)
        ?? throw new InvalidOperationException(
            $"Examples.All has no {name}: add one, with no member left at its default."
        );

    public string ManifestOf(string name) => Serializer.Manifest(Example(name));

    public byte[] BytesOf(string name) => Serializer.ToBinary(Example(name));

    public object RoundTrip(object message) =>
        Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message));

    public SerializationException Unreadable(byte[] bytes, string manifest) =>
        Assert.Throws<SerializationException>(() => Serializer.FromBinary(bytes, manifest));

    public void Dispose() => system.Terminate().Wait(TimeSpan.FromSeconds(10));
}
