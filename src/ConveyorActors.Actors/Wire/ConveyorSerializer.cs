using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Serializes every <see cref="IConveyorMessage"/> as protobuf (Wire/conveyor.proto), with a manifest for each kind of
/// message.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The format is compatible with other versions in both directions: unknown fields are
/// ignored, and absent settings have their defaults. A message that cannot be read or written gives a
/// <see cref="SerializationException"/> that names the message and the field. Remoting logs that exception and
/// continues; any other exception would close the connection.
/// </remarks>
public sealed class ConveyorSerializer : SerializerWithStringManifest
{
    /// <summary>
    /// The number of the serializer on the wire, sent together with the manifest. It never changes; Akka reserves the
    /// numbers up to about 100.
    /// </summary>
    public const int Id = 7041;

    /// <summary>The name of the serializer in the configuration.</summary>
    public const string Name = "conveyor";

    readonly ActorResolver resolve;

    /// <summary>
    /// Initializes the serializer. Called by Akka from the configuration, by <see cref="Register"/> or by
    /// <see cref="Setup"/>.
    /// </summary>
    /// <param name="system">The actor system, which resolves the actors in messages.</param>
    public ConveyorSerializer(ExtendedActorSystem system)
        : base(system)
    {
        ArgumentNullException.ThrowIfNull(system);
        // The provider does not exist yet when Akka creates its serializers.
        resolve = path => system.Provider.ResolveActorRef(path);
    }

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <summary>
    /// Gets the setup to create an actor system with if its configuration does not name the serializer.
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

    /// <summary>Gets the configuration that binds the serializer to every message of this library.</summary>
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
    /// Makes a running system use the serializer for every message of this library; does nothing if the system uses it
    /// already.
    /// </summary>
    /// <remarks>
    /// The method adds <see cref="Bindings"/> to the system's configuration, below the user's own: Akka creates its
    /// serializers again from the configuration whenever a module extends it (streams and persistence do), and would
    /// lose a serializer that was only registered. Call this before other nodes send such messages.
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
    /// <exception cref="SerializationException">The object is not a message of this library.</exception>
    public override string Manifest(object o) => FindMessage(o).Manifest;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">
    /// The object is not a message of this library, or has a required part that is null.
    /// </exception>
    public override byte[] ToBinary(object obj)
    {
        var message = FindMessage(obj);
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

    static WireMessage FindMessage(object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Manifests.ByType.TryGetValue(message.GetType(), out var known)
            ? known
            : throw new SerializationException(
                $"{message.GetType()} is not a message of ConveyorActors. Those are: {string.Join(", ", Manifests.ByType.Keys.Select(t => t.Name).Order(StringComparer.Ordinal))}."
            );
    }
}
