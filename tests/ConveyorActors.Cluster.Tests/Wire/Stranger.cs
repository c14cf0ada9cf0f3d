using System.Text;
using Akka.Configuration;
using Akka.Serialization;

namespace ConveyorActors.Cluster.Tests.Wire;

/// <summary>What a stranger puts on the wire.</summary>
/// <param name="Serializer">The number of the serializer that is to read it.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Bytes">The bytes.</param>
public sealed record Forged(int Serializer, string Manifest, byte[] Bytes)
{
    public Forged(int serializer, string manifest, string text)
        : this(serializer, manifest, Encoding.UTF8.GetBytes(text)) { }
}

/// <summary>Puts any bytes on the wire, with any manifest, for any serializer.</summary>
public sealed class ForgingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    const int Own = 999_001;

    [ThreadStatic]
    static int next;

    // Akka reads it after the bytes, on the same thread.
    public override int Identifier => next == 0 ? Own : next;

    public override byte[] ToBinary(object obj)
    {
        next = ((Forged)obj).Serializer;
        return ((Forged)obj).Bytes;
    }

    public override string Manifest(object o) => ((Forged)o).Manifest;

    public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
}

/// <summary>A program that reaches a node's port and is no member of its cluster.</summary>
sealed class Stranger : IAsyncDisposable
{
    public ActorSystem System { get; } =
        ActorSystem.Create(
            "stranger",
            ConfigurationFactory.ParseString(
                $$"""
                akka {
                  loglevel = ERROR, stdout-loglevel = OFF, log-dead-letters = off
                  remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
                  actor {
                    provider = remote
                    serializers.forging = "{{typeof(ForgingSerializer).FullName}}, {{typeof(ForgingSerializer).Assembly.GetName().Name}}"
                    serialization-bindings { "{{typeof(Forged).FullName}}, {{typeof(Forged).Assembly.GetName().Name}}" = forging }
                  }
                }
                """
            )
        );

    public IActorRef Resolve(string path) => ((ExtendedActorSystem)System).Provider.ResolveActorRef(path);

    public async ValueTask DisposeAsync()
    {
        // It may have children on another node that never came into being, and would wait for their end.
        ((ExtendedActorSystem)System).Abort();
        await System.WhenTerminated;
    }
}

/// <summary>A type that harms when it is created.</summary>
public class Gadget
{
    static int created;

    public Gadget() => Interlocked.Increment(ref created);

    public static int Created => Volatile.Read(ref created);
}

/// <summary>The same, as an exception: failures on the wire name their types.</summary>
public sealed class GadgetException : Exception
{
    public GadgetException() => _ = new Gadget();

    public GadgetException(string message)
        : base(message) => _ = new Gadget();
}

/// <summary>The same, as an actor: remote deployment names the type of the actor.</summary>
public sealed class GadgetActor : UntypedActor
{
    public GadgetActor() => _ = new Gadget();

    protected override void OnReceive(object message) { }
}
