using Akka.Configuration;

namespace ConveyorActors.Persistence;

/// <summary>
/// Validates the settings of the plugins in use. A wrong value of one of these loses records, or time, without an
/// error.
/// </summary>
static class JournalCheck
{
    static readonly TimeSpan MaxReset = TimeSpan.FromSeconds(10);

    /// <exception cref="ConfigurationException">
    /// A setting is wrong; the message names it, its value and what would be right.
    /// </exception>
    public static void Check(Config config, string journal, string snapshots)
    {
        CheckJournal(journal, ReadPlugin(config, journal, "akka.persistence.journal-plugin-fallback"));
        CheckBreaker(snapshots, ReadPlugin(config, snapshots, "akka.persistence.snapshot-store-plugin-fallback"));
    }

    static void CheckJournal(string path, Config plugin)
    {
        if (string.IsNullOrEmpty(plugin.GetString("class", "")))
            throw new ConfigurationException(
                $"{path} has no journal: {path}.class is missing; conveyor.persistence needs a journal plugin (akka.persistence.journal.plugin or conveyor.journal.plugin)."
            );
        var mode = plugin.GetString("replay-filter.mode", "");
        if (mode != "off")
            throw CreateError(
                $"{path}.replay-filter.mode",
                mode,
                "off",
                "any other filter discards events of a pipeline that came back to an earlier process, in silence"
            );
        CheckBreaker(path, plugin);
        if (JournalConfig.IsSql(plugin) && !plugin.GetBoolean(JournalConfig.Parameters, false))
            throw CreateError(
                $"{path}.{JournalConfig.Parameters}",
                "false",
                "true",
                "otherwise records go to the database as hexadecimal text, at less than half the rate"
            );
    }

    static void CheckBreaker(string path, Config plugin)
    {
        var reset = plugin.GetTimeSpan("circuit-breaker.reset-timeout", TimeSpan.FromSeconds(60));
        if (reset > MaxReset)
            throw CreateError(
                $"{path}.circuit-breaker.reset-timeout",
                $"{reset.TotalSeconds:0.###} s",
                $"{MaxReset.TotalSeconds:0} s or less",
                "an outage of a moment would last that long"
            );
    }

    static ConfigurationException CreateError(string key, string value, string right, string why) =>
        new($"{key} is {value}; with conveyor.persistence it must be {right}: {why}.");

    static Config ReadPlugin(Config config, string path, string fallback)
    {
        var reference = Akka.Persistence.Persistence.DefaultConfig();
        return GetConfig(config, path)
            .WithFallback(GetConfig(config, fallback))
            .WithFallback(GetConfig(reference, path))
            .WithFallback(GetConfig(reference, fallback));
    }

    static Config GetConfig(Config config, string path) => config.HasPath(path) ? config.GetConfig(path) : Config.Empty;
}
