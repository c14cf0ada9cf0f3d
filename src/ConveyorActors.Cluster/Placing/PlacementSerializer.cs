using System.Runtime.Serialization;
using System.Text;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Cluster.Placing;

/// <summary>Writes the messages between nodes to find a pipeline. No type is created from a name on the wire.</summary>
sealed class PlacementSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>What the configuration calls it.</summary>
    public const string Name = "conveyor-placement";

    const string LocateManifest = "locate/1",
        LocatedManifest = "located/1";
    const char Separator = '\n'; // in no name and in no path

    /// <inheritdoc/>
    public override int Identifier => 1_742_003;

    /// <summary>Gets the bindings of the serializer.</summary>
    public static Config Bindings { get; } =
        ConfigurationFactory.ParseString(
            $$"""
            akka.actor {
              serializers.{{Name}} = "{{NameOf(typeof(PlacementSerializer))}}"
              serialization-bindings { "{{NameOf(typeof(IPlacementMessage))}}" = {{Name}} }
            }
            """
        );

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        o switch
        {
            Locate => LocateManifest,
            Located => LocatedManifest,
            _ => throw new SerializationException($"{o?.GetType().Name ?? "null"} is no message of the placement."),
        };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        Encoding.UTF8.GetBytes(
            obj switch
            {
                Locate m => LosslessText.Escape(m.Pipeline),
                Located m => $"{m.Path}{Separator}{LosslessText.Escape(m.Pipeline)}",
                _ => throw new SerializationException(
                    $"{obj?.GetType().Name ?? "null"} is no message of the placement."
                ),
            }
        );

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        var text = Encoding.UTF8.GetString(bytes);
        switch (manifest)
        {
            case LocateManifest:
                return new Locate(LosslessText.Unescape(text));
            case LocatedManifest when text.IndexOf(Separator) is > 0 and var end:
                return new Located(LosslessText.Unescape(text[(end + 1)..]), text[..end]);
            default:
                throw WireRefusals.Refuse(
                    system,
                    manifest is LocatedManifest ? WireRefusals.Bytes : WireRefusals.Manifest,
                    $"A message of the placement with the manifest '{manifest}' and {bytes.Length} bytes cannot be read."
                );
        }
    }

    static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
