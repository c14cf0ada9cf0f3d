using System.Runtime.Serialization;
using Akka.Remote.Serialization;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Cluster.Wire;

/// <summary>
/// Reads only those of Akka's miscellaneous messages that a cluster needs (<c>akka.actor.serializers.akka-misc</c>):
/// heartbeats, identities and references. Failures, routers and configurations name types, and are refused.
/// </summary>
public sealed class PlainMessageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "ID",
        "AID",
        "AR",
        "PP",
        "K",
        "RWHB",
        "RWHR",
    };

    readonly MiscMessageSerializer all = new(system);

    /// <inheritdoc/>
    public override int Identifier => 16;

    /// <inheritdoc/>
    public override string Manifest(object o) => all.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => all.ToBinary(obj);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The message may name a type.</exception>
    public override object FromBinary(byte[] bytes, string manifest) =>
        Known.Contains(manifest ?? "")
            ? all.FromBinary(bytes, manifest)
            : throw WireRefusals.Refuse(
                system,
                WireRefusals.Serializer,
                $"A message '{manifest}' of {bytes?.Length ?? 0} bytes for the serializer akka-misc (16) was refused: it may name types."
            );
}
