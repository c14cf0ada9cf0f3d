using System.Runtime.Serialization;
using System.Text;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// Serializes the messages between nodes about the placing of pipelines. No type is created from a name on the wire.
/// </summary>
sealed class PlacementSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The name of the serializer in the configuration.</summary>
    public const string Name = "conveyor-placement";

    const string LocateManifest = "locate/1",
        LocatedManifest = "located/1",
        GetSettingsManifest = "get-settings/1",
        SettingsManifest = "settings/1";
    const char Separator = '\n'; // occurs in no name, no path and no setting
    const int MaxSettings = 100;

    /// <inheritdoc/>
    public override int Identifier => 1_742_003;

    /// <summary>Gets the bindings of the serializer.</summary>
    public static Config Bindings { get; } =
        ConfigurationFactory.ParseString(
            $$"""
            akka.actor {
              serializers.{{Name}} = "{{GetTypeName(typeof(PlacementSerializer))}}"
              serialization-bindings { "{{GetTypeName(typeof(IPlacementMessage))}}" = {{Name}} }
            }
            """
        );

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        o switch
        {
            Locate => LocateManifest,
            Located => LocatedManifest,
            GetSettings => GetSettingsManifest,
            SettingsReply => SettingsManifest,
            _ => throw new SerializationException($"{o?.GetType().Name ?? "null"} is no message of the placement."),
        };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        Encoding.UTF8.GetBytes(
            obj switch
            {
                Locate m => LosslessText.Escape(m.Pipeline),
                Located m => $"{m.Path}{Separator}{LosslessText.Escape(m.Pipeline)}",
                GetSettings => "",
                SettingsReply m => string.Join(Separator, m.Values.SelectMany(v => (string[])[v.Key, v.Value])),
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
            case GetSettingsManifest:
                return GetSettings.Instance;
            case SettingsManifest when ParsePairs(text) is { } values:
                return new SettingsReply(values);
            default:
                throw WireRefusals.Refuse(
                    system,
                    manifest is LocatedManifest or SettingsManifest ? WireRefusals.Bytes : WireRefusals.Manifest,
                    $"A message of the placement with the manifest '{manifest}' and {bytes.Length} bytes cannot be read."
                );
        }
    }

    /// <summary>Returns the names and values, which alternate in the text; null: the text has another form.</summary>
    static Dictionary<string, string>? ParsePairs(string text)
    {
        var parts = text.Split(Separator, MaxSettings * 2 + 1);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (parts.Length % 2 != 0 || parts.Length > MaxSettings * 2)
            return null;
        for (var i = 0; i < parts.Length; i += 2)
            if (!values.TryAdd(parts[i], parts[i + 1]))
                return null;
        return values;
    }

    static string GetTypeName(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
