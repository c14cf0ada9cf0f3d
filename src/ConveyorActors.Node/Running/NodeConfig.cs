using System.Text.Json;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Cluster;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Running;

/// <summary>
/// The configuration of a node: flags and variables, with fallbacks to the user's file, to hocon/node.conf, and to a
/// profile of hocon/cluster.conf.
/// </summary>
sealed record NodeConfig
{
    const string Tcp = "akka.remote.dot-netty.tcp";
    const int MaxFileBytes = 16 << 20;

    /// <summary>Gets the configuration of the actor system.</summary>
    public required Config Config { get; init; }

    public required string System { get; init; }

    /// <summary>
    /// Gets the address of the journal; null: the user's configuration defines the journal in its own way.
    /// </summary>
    public JournalAddress? Journal { get; init; }

    public TimeSpan SeedTimeout { get; init; }

    public TimeSpan StopWithin { get; init; }

    public TlsFiles? Tls { get; init; }

    public bool IsFast { get; init; }

    public IReadOnlyList<string> Seeds => [.. Config.GetStringList("akka.cluster.seed-nodes", [])];

    public IReadOnlyList<string> Roles => [.. Config.GetStringList("akka.cluster.roles", [])];

    /// <summary>Creates the configuration from its parts.</summary>
    /// <param name="given">The flags and variables.</param>
    /// <param name="builtIn">The configuration that a verb adds over hocon/node.conf.</param>
    /// <exception cref="NodeException">The file cannot be read, or a key that the program reads is wrong.</exception>
    public static NodeConfig Create(NodeArguments given, Config? builtIn = null)
    {
        using var reader = new StreamReader(
            typeof(NodeConfig).Assembly.GetManifestResourceStream("ConveyorActors.node.conf")!
        );
        var own = ConfigurationFactory.ParseString(reader.ReadToEnd());
        if (builtIn is not null)
            own = builtIn.WithFallback(own);
        var file = given.ConfigFile is { } path ? Read(path) : Config.Empty;
        var inputErrors = new InputErrors();
        ConfigCheck.CheckFile(file, given.ConfigFile ?? "", inputErrors);
        var merged = file.WithFallback(own).WithFallback(given.IsFast ? ClusterConfig.Fast : ClusterConfig.Balanced);
        var system = ReadSystem(merged, inputErrors);
        if (
            merged.GetString("conveyor.cluster.enabled", "on") is var enabled
            && enabled is not ("on" or "true" or "yes")
        )
            inputErrors.AddWrong(
                "conveyor.cluster.enabled",
                enabled,
                "on, because a node is for a cluster, which may have one node"
            );
        var journal = (given.Journal ?? FindJournal(file, merged, given.ConfigFile, inputErrors))?.With(
            given.JournalPassword
        );
        var config = CreateOverrides(given, system ?? "conveyor", journal).WithFallback(merged);
        ConfigCheck.Check(config, system, inputErrors);
        var seedTimeout = given.SeedTimeout ?? ReadTime(merged, "seed-timeout", inputErrors);
        var stopWithin = ReadTime(merged, "stop-within", inputErrors);
        if (inputErrors.Any)
            throw new NodeException(ExitCodes.Configuration, inputErrors.All);
        return new()
        {
            Config = config,
            System = system!,
            Journal = journal,
            SeedTimeout = seedTimeout,
            StopWithin = stopWithin,
            Tls = given.Tls,
            IsFast = given.IsFast,
        };
    }

    /// <summary>Returns the name of the actor system; null, after adding an error, if it is wrong.</summary>
    static string? ReadSystem(Config merged, InputErrors inputErrors)
    {
        var system = ReadValue(merged, "system", c => c.GetString("conveyor-node.system", ""));
        if (
            system.Length > 0
            && char.IsAsciiLetterOrDigit(system[0])
            && system.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        )
            return system;
        inputErrors.AddWrong("conveyor-node.system", system, "a name of letters, digits, '-' and '_'");
        return null;
    }

    static Config CreateOverrides(NodeArguments given, string system, JournalAddress? journal)
    {
        var lines = new List<string>();
        if (given.Host is { } host)
            lines.Add($"{Tcp}.hostname = {HoconText.Quote(host)}");
        if (given.Port is { } port)
            lines.Add($"{Tcp}.port = {port}");
        if (given.Tls is not null)
            lines.Add($"{Tcp}.enable-ssl = true");
        var protocol = given.Tls is null ? "akka.tcp" : "akka.ssl.tcp";
        if (given.Seeds.Count > 0)
            lines.Add(
                $"akka.cluster.seed-nodes = [{string.Join(", ", given.Seeds.Select(s => HoconText.Quote(s.ToAkkaAddress(system, protocol).ToString())))}]"
            );
        if (given.Roles.Count > 0)
            lines.Add($"akka.cluster.roles = [{string.Join(", ", given.Roles.Select(HoconText.Quote))}]");
        if (journal is not null)
            lines.Add(JournalHocon.Create(journal));
        return ConfigurationFactory.ParseString(string.Join('\n', lines));
    }

    /// <summary>
    /// Returns the address of the journal. The user's own plugin takes precedence over the built-in journal, but not
    /// over a journal that the user names.
    /// </summary>
    static JournalAddress? FindJournal(Config file, Config merged, string? path, InputErrors inputErrors)
    {
        const string key = "conveyor-node.journal";
        if (!file.HasPath(key) && file.HasPath("akka.persistence.journal.plugin"))
            return null;
        var text = merged.GetString(key, "");
        if (text.Length == 0)
            return null;
        try
        {
            return JournalAddress.Parse(text, file.HasPath(key) ? $"{key} in {path}" : key, mayHavePassword: false);
        }
        catch (FormatException wrong)
        {
            inputErrors.Add(wrong.Message);
            return null;
        }
    }

    static Config Read(string path)
    {
        if (Directory.Exists(path))
            throw new NodeException(
                ExitCodes.Configuration,
                $"the configuration file '{path}' is a directory; it must be a file"
            );
        try
        {
            var text = InputFile.ReadText(path, MaxFileBytes);
            HoconSyntax.Check(text);
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new NodeException(
                ExitCodes.Configuration,
                $"the configuration file '{path}' cannot be read: {Messages.FormatOneLine(wrong)}",
                wrong
            );
        }
        catch (Exception wrong)
        {
            throw new NodeException(
                ExitCodes.Configuration,
                $"the configuration file '{path}' is not HOCON: {Messages.FormatOneLine(wrong)}",
                wrong
            );
        }
    }

    static TimeSpan ReadTime(Config config, string key, InputErrors inputErrors)
    {
        try
        {
            var time = config.GetTimeSpan($"conveyor-node.{key}", null, allowInfinite: false);
            if (time >= TimeSpan.FromMilliseconds(1) && time <= TimeSpan.FromDays(1))
                return time;
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or ConfigurationException)
        {
            // The value is not a duration.
        }
        inputErrors.AddWrong(
            $"conveyor-node.{key}",
            config.GetString($"conveyor-node.{key}", ""),
            "a duration from 1 ms to 1 d, such as 30 s"
        );
        return default;
    }

    static T ReadValue<T>(Config config, string key, Func<Config, T> read)
    {
        try
        {
            return read(config);
        }
        catch (Exception wrong)
        {
            throw new NodeException(
                ExitCodes.Configuration,
                $"conveyor-node.{key} cannot be read: {Messages.FormatOneLine(wrong)}",
                wrong
            );
        }
    }
}
