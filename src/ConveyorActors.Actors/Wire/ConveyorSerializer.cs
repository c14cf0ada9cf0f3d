using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Writes and reads every <see cref="IConveyorMessage"/> as protobuf (Wire/conveyor.proto), with a manifest for each
/// kind.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Bytes of other versions are readable both ways: unknown fields are ignored, absent
/// settings have their defaults. What cannot be read or written gives a <see cref="SerializationException"/> that names
/// the message and the field; remoting logs that and goes on, where any other exception would cost the connection.
/// </remarks>
public sealed class ConveyorSerializer : SerializerWithStringManifest
{
    /// <summary>
    /// What names the serializer on the wire, beside the manifest. Never changed; Akka keeps numbers up to 100 or so
    /// for itself.
    /// </summary>
    public const int Id = 7041;

    /// <summary>What the configuration calls it.</summary>
    public const string Name = "conveyor";

    readonly ActorResolver resolve;

    /// <summary>Made by Akka from the configuration, by <see cref="Register"/> or by <see cref="Setup"/>.</summary>
    /// <param name="system">Finds the actors that messages name.</param>
    public ConveyorSerializer(ExtendedActorSystem system)
        : base(system)
    {
        ArgumentNullException.ThrowIfNull(system);
        // The provider does not exist yet when Akka makes its serializers.
        resolve = path => system.Provider.ResolveActorRef(path);
    }

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <summary>
    /// Gets what an actor system can be created with, where its configuration does not name the serializer.
    /// </summary>
    public static SerializationSetup Setup =>
        SerializationSetup.Create(system =>
            [
                SerializerDetails.Create(
                    Name,
                    new ConveyorSerializer(system),
                    [typeof(IConveyorMessage), .. Manifests.UserTypes]
                ),
            ]
        );

    /// <summary>Gets what binds the serializer to every message of ours, for a configuration.</summary>
    public static Config Bindings { get; } =
        ConfigurationFactory.ParseString(
            "akka.actor { serializers.conveyor = \"ConveyorActors.Actors.Wire.ConveyorSerializer, ConveyorActors.Actors\", serialization-bindings {\n"
                + string.Concat(
                    Manifests
                        .UserTypes.Prepend(typeof(IConveyorMessage))
                        .Select(static type => $"\"{type.FullName}, {type.Assembly.GetName().Name}\" = {Name}\n")
                )
                + "} }"
        );

    /// <summary>
    /// Makes a running system use the serializer for every message of ours; does nothing where the system uses it
    /// already.
    /// </summary>
    /// <remarks>
    /// It adds <see cref="Bindings"/> to the system's configuration, below the user's own: Akka makes its serializers
    /// anew from the configuration whenever a module extends it (streams and persistence do), and would lose a
    /// serializer that was only registered. Call this before other nodes send such messages.
    /// </remarks>
    /// <param name="system">The actor system.</param>
    /// <returns>The serializer that the system uses.</returns>
    public static ConveyorSerializer Register(ExtendedActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return RunningSerializers.Register(
            system,
            Name,
            Bindings,
            typeof(IConveyorMessage),
            [typeof(Configured), .. Manifests.ByType.Keys],
            static s => new ConveyorSerializer(s)
        );
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">It is no message of ours.</exception>
    public override string Manifest(object o) => MessageOf(o).Manifest;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">
    /// It is no message of ours, or has a part that is null and must not be.
    /// </exception>
    public override byte[] ToBinary(object obj)
    {
        var message = MessageOf(obj);
        try
        {
            return message.Write(obj);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new SerializationException($"The message '{message.Manifest}' cannot be written: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">
    /// The manifest is not known, the bytes are damaged, or a value is out of its range.
    /// </exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (manifest is null || !Manifests.ByManifest.TryGetValue(manifest, out var message))
            throw WireRefusals.Refuse(
                system,
                WireRefusals.Manifest,
                $"The manifest '{manifest}' is not known to this version; the peer may be newer. Known are: {string.Join(", ", Manifests.ByManifest.Keys.Order(StringComparer.Ordinal))}."
            );
        try
        {
            return message.Read(bytes, resolve);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw WireRefusals.Refuse(
                system,
                WireRefusals.Bytes,
                $"The message '{manifest}' of {bytes.Length} bytes cannot be read: {e.Message}",
                e
            );
        }
    }

    static WireMessage MessageOf(object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Manifests.ByType.TryGetValue(message.GetType(), out var known)
            ? known
            : throw new SerializationException(
                $"{message.GetType()} is not a message of ConveyorActors. Those are: {string.Join(", ", Manifests.ByType.Keys.Select(t => t.Name).Order(StringComparer.Ordinal))}."
            );
    }
}
