using System.Runtime.Serialization;
using Akka.Configuration;
using Akka.Serialization;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Replaces a serializer of Akka that creates types by their names on the wire. Messages for that serializer are
/// dropped and counted, and none can be sent with it. Name it in <c>akka.actor.serializers</c> instead of Akka's
/// serializer, as conveyor-node does.
/// </summary>
public abstract class RefusingSerializer : SerializerWithStringManifest
{
    readonly string key,
        what;

    /// <param name="system">The actor system.</param>
    /// <param name="identifier">The number of the serializer that it replaces.</param>
    /// <param name="key">The name of the replaced serializer in <c>akka.actor.serializers</c>.</param>
    /// <param name="what">The kind of data that the replaced serializer reads.</param>
    private protected RefusingSerializer(ExtendedActorSystem system, int identifier, string key, string what)
        : base(system) => (Identifier, this.key, this.what) = (identifier, key, what);

    /// <inheritdoc/>
    public override int Identifier { get; }

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException(
            $"{obj?.GetType()} cannot be sent: this program sends no {what}. Bind its type to a serializer in akka.actor.serialization-bindings, or set akka.actor.serializers.{key} to Akka's own."
        );

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw WireRefusals.Refuse(
            system,
            WireRefusals.Serializer,
            $"A message of {bytes?.Length ?? 0} bytes for the serializer {key} ({Identifier}) was refused: this program takes no {what}."
        );
}

/// <summary>
/// Refuses JSON that names its types (<c>akka.actor.serializers.json</c>), which Akka uses for every type without a
/// serializer of its own.
/// </summary>
public sealed class RefusedJsonSerializer(ExtendedActorSystem system)
    : RefusingSerializer(system, 1, "json", "JSON that names its types")
{
    /// <summary>Initializes the serializer. Akka's JSON settings are ignored.</summary>
    public RefusedJsonSerializer(ExtendedActorSystem system, Config _)
        : this(system) { }
}

/// <summary>Refuses protobuf messages that name their types (<c>akka.actor.serializers.proto</c>).</summary>
public sealed class RefusedProtobufSerializer(ExtendedActorSystem system)
    : RefusingSerializer(system, 2, "proto", "protobuf messages that name their types");

/// <summary>
/// Refuses to create actors for other programs (<c>akka.actor.serializers.daemon-create</c>): remote deployment names
/// the type of the actor.
/// </summary>
public sealed class RefusedDeploymentSerializer(ExtendedActorSystem system)
    : RefusingSerializer(system, 3, "daemon-create", "remote deployment");
