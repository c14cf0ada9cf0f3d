using Akka.Configuration;
using Akka.Serialization;

namespace ConveyorActors.Actors.Wire;

/// <summary>Registers serializers with running actor systems.</summary>
static class RunningSerializers
{
    static readonly Lock Registering = new();

    /// <summary>
    /// Makes a running system use a serializer for messages of this library; does nothing if the system uses it
    /// already.
    /// </summary>
    /// <remarks>
    /// The bindings go below the user's own configuration: Akka recreates its serializers from the configuration
    /// whenever a module adds to it (streams and persistence do), and would lose one that was only registered.
    /// </remarks>
    /// <param name="system">The actor system.</param>
    /// <param name="name">The name of the serializer in the configuration.</param>
    /// <param name="bindings">The configuration that binds the serializer.</param>
    /// <param name="common">The common base type of the messages.</param>
    /// <param name="messages">The types of the messages; at least one.</param>
    /// <param name="make">Creates the serializer, if the system does not create it from the bindings.</param>
    /// <returns>The serializer that the system uses.</returns>
    public static T Register<T>(
        ExtendedActorSystem system,
        string name,
        Config bindings,
        Type common,
        IReadOnlyCollection<Type> messages,
        Func<ExtendedActorSystem, T> make
    )
        where T : Serializer
    {
        lock (Registering)
        {
            var first = messages.First();
            if (system.Serialization.FindSerializerForType(first) is not T)
                system.Settings.InjectTopLevelFallback(bindings);
            var serialization = system.Serialization;
            if (serialization.FindSerializerForType(first) is not T serializer)
            {
                serializer = make(system);
                serialization.AddSerializer(name, serializer);
                serialization.AddSerializationMap(common, serializer);
            }
            // Registered for each type as well, because a configuration may name the serializer for some of them only.
            foreach (var type in messages)
                if (serialization.FindSerializerForType(type) is not T)
                    serialization.AddSerializationMap(type, serializer);
            return serializer;
        }
    }
}
