using Akka.Configuration;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Persistence;

/// <summary>
/// The settings that the journal needs. They are added as a fallback of the system's own configuration when the buffers
/// start; put <see cref="For(string, string)"/> before a configuration that has other values.
/// </summary>
public static class JournalConfig
{
    const string SqlJournal = "Akka.Persistence.Sql.Journal.SqlWriteJournal";

    /// <summary>
    /// The key that makes Akka.Persistence.Sql pass records as parameters, and not as hexadecimal text.
    /// </summary>
    internal const string Parameters = "prefer-parameters-on-multirow-insert";

    /// <summary>The name of the journal's serializer in the configuration.</summary>
    internal const string SerializerName = "conveyor-journal";

    /// <summary>Gets the bindings of the journal's serializer.</summary>
    internal static Config Bindings { get; } =
        ConfigurationFactory.ParseString(
            $$"""
            akka.actor {
              serializers.{{SerializerName}} = "{{GetTypeName(typeof(JournalSerializer))}}"
              serialization-bindings { "{{GetTypeName(typeof(IStoredMessage))}}" = {{SerializerName}} }
            }
            """
        );

    /// <summary>
    /// Returns the settings that a journal plugin and a snapshot store need, and the serializer of what they store.
    /// </summary>
    /// <param name="journal">
    /// The path of the journal plugin's block, such as <c>akka.persistence.journal.sql</c>.
    /// </param>
    /// <param name="snapshots">The path of the snapshot store's block.</param>
    public static Config For(string journal, string snapshots)
    {
        ArgumentException.ThrowIfNullOrEmpty(journal);
        ArgumentException.ThrowIfNullOrEmpty(snapshots);
        using var stream = typeof(JournalConfig).Assembly.GetManifestResourceStream("ConveyorActors.journal.conf")!;
        using var reader = new StreamReader(stream);
        var text = reader
            .ReadToEnd()
            .Replace("JOURNAL {", journal + " {", StringComparison.Ordinal)
            .Replace("SNAPSHOTS {", snapshots + " {", StringComparison.Ordinal);
        // Only the SQL plugins have this key.
        return ConfigurationFactory
            .ParseString(text)
            .WithFallback(ConfigurationFactory.ParseString($"akka.persistence.journal.sql.{Parameters} = true"))
            .WithFallback(Bindings);
    }

    /// <summary>Returns the paths of the plugins in use.</summary>
    internal static (string Journal, string Snapshots) FindPlugins(Config config, JournalSettings settings) =>
        (
            FindPath(config, settings.Plugin, "akka.persistence.journal.plugin", "akka.persistence.journal.inmem"),
            FindPath(
                config,
                settings.SnapshotPlugin,
                "akka.persistence.snapshot-store.plugin",
                "akka.persistence.snapshot-store.local"
            )
        );

    internal static bool IsSql(Config plugin) =>
        plugin.HasPath(Parameters)
        || (plugin.GetString("class", "") ?? "").StartsWith(SqlJournal, StringComparison.Ordinal);

    static string FindPath(Config config, string given, string key, string byDefault) =>
        given != JournalSettings.Auto ? given
        : config.HasPath(key) && config.GetString(key) is { Length: > 0 } path ? path
        : byDefault;

    static string GetTypeName(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
