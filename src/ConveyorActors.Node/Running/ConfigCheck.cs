using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Validates the values that a node reads from its configuration. Akka would replace some wrong values by its defaults.
/// </summary>
static class ConfigCheck
{
    const string Tcp = "akka.remote.dot-netty.tcp",
        Own = "conveyor-node",
        SeedNodes = "akka.cluster.seed-nodes",
        Roles = "akka.cluster.roles";

    static readonly string[] Keys = ["system", "journal", "seed-timeout", "stop-within"];

    /// <summary>Validates the user's file alone.</summary>
    /// <exception cref="NodeException">A key of the program is not known.</exception>
    public static void CheckFile(Config file, string path)
    {
        if (!file.HasPath(Own))
            return;
        if (!file.GetValue(Own).IsObject())
            throw CreateError(Own, ReadText(file, Own), $"a block: {Own} {{ ... }}");
        foreach (var key in file.GetValue(Own).GetObject().Items.Keys)
            if (!Keys.Contains(key))
                throw new NodeException(
                    ExitCodes.Configuration,
                    $"{Own}.{Printable.Sanitize(key)} in {path} is not known{Nearest.Guess(key, Keys)}"
                );
    }

    /// <summary>Validates the configuration that the node runs with.</summary>
    /// <exception cref="NodeException">A value is wrong; the message names its key and what would be right.</exception>
    public static void Check(Config config, string system, bool hasTls)
    {
        Check($"{Tcp}.hostname", Kinds.Host);
        Check($"{Tcp}.port", Kinds.Port);
        foreach (var role in ReadList(Roles, "a list of names, such as [\"pipelines\"]"))
            if (!Kinds.Role.TryRead(role, out _))
                throw CreateError(Roles, $"[{Printable.Quote(role)}]", $"a list, each element {Kinds.Role.Right}");
        var protocol = hasTls ? "akka.ssl.tcp" : "akka.tcp";
        var right = $"a list of addresses, such as [\"{protocol}://{system}@10.0.0.1:4053\"]";
        foreach (var seed in ReadList(SeedNodes, right))
            if (
                !Address.TryParse(seed, out var address)
                || address.Host is null
                || address.Port is not (>= 1 and <= 65_535)
                || address.System != system
                || address.Protocol != protocol
            )
                throw CreateError(SeedNodes, $"[{Printable.Quote(seed)}]", right);

        void Check<T>(string key, ValueKind<T> kind)
        {
            var text = ReadText(config, key);
            if (!kind.TryRead(text, out _))
                throw CreateError(key, Printable.Quote(text), kind.Right);
        }

        // An empty list is not read as an array.
        IList<string> ReadList(string key, string what) =>
            config.GetStringList(key, []) is { Count: > 0 } list ? list
            : ReadText(config, key) is { Length: > 0 } text ? throw CreateError(key, Printable.Quote(text), what)
            : [];
    }

    static string ReadText(Config config, string key) => config.GetString(key, "") ?? "";

    static NodeException CreateError(string key, string value, string right) =>
        new(ExitCodes.Configuration, $"{key} is {value}; it must be {right}");
}
