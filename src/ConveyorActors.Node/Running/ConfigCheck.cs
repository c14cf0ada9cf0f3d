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

    /// <summary>Validates the user's file alone. Adds an error for each key of the program that is not known.</summary>
    /// <exception cref="NodeException">The block of the program is a value.</exception>
    public static void CheckFile(Config file, string path, InputErrors inputErrors)
    {
        if (!file.HasPath(Own))
            return;
        if (!file.GetValue(Own).IsObject())
            throw new NodeException(
                ExitCodes.Configuration,
                $"{Own} is {ReadText(file, Own)}; it must be a block: {Own} {{ ... }}"
            );
        foreach (var key in file.GetValue(Own).GetObject().Items.Keys)
            if (!Keys.Contains(key))
                inputErrors.Add($"{Own}.{Printable.Sanitize(key)} in {path} is not known{Nearest.Guess(key, Keys)}");
    }

    /// <summary>
    /// Validates the configuration that the node runs with. Each error names the key, its value and what would be right.
    /// </summary>
    /// <param name="config">The configuration.</param>
    /// <param name="system">The name of the actor system; null: it is wrong.</param>
    /// <param name="inputErrors">The errors.</param>
    public static void Check(Config config, string? system, InputErrors inputErrors)
    {
        Check($"{Tcp}.hostname", Kinds.Host);
        Check($"{Tcp}.port", Kinds.Port);
        foreach (var role in ReadList(Roles, "a list of names, such as [\"pipelines\"]"))
            if (!Kinds.Role.TryRead(role, out _))
                AddError(Roles, $"[{Printable.Quote(role)}]", $"a list, each element {Kinds.Role.Right}");
        if (ReadSwitch($"{Tcp}.enable-ssl") is not { } hasTls || system is null)
            return; // which addresses would be right is not known
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
                AddError(SeedNodes, $"[{Printable.Quote(seed)}]", right);

        void Check<T>(string key, ValueKind<T> kind)
        {
            var text = ReadText(config, key);
            if (!kind.TryRead(text, out _))
                AddError(key, Printable.Quote(text), kind.Right);
        }

        bool? ReadSwitch(string key)
        {
            switch (ReadText(config, key))
            {
                case "on" or "true" or "yes":
                    return true;
                case "off" or "false" or "no" or "":
                    return false;
                case var text:
                    AddError(key, Printable.Quote(text), "on or off");
                    return null;
            }
        }

        // An empty list is not read as an array.
        IList<string> ReadList(string key, string what)
        {
            var list = config.GetStringList(key, []);
            if (list.Count == 0 && ReadText(config, key) is { Length: > 0 } text)
                AddError(key, Printable.Quote(text), what);
            return list;
        }

        void AddError(string key, string value, string right) =>
            inputErrors.Add($"{key} is {value}; it must be {right}");
    }

    static string ReadText(Config config, string key) => config.GetString(key, "") ?? "";
}
