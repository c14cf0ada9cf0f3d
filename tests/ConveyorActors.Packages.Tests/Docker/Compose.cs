using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>The services of packaging/docker/compose.yaml.</summary>
static class Compose
{
    public const string Path = "packaging/docker/compose.yaml";

    /// <summary>Gets each service by its name.</summary>
    public static Dictionary<string, Dictionary<object, object>> Services { get; } = Read();

    /// <summary>Gets the names of the nodes.</summary>
    public static string[] Nodes =>
        [.. Services.Keys.Where(name => name.StartsWith("node-", StringComparison.Ordinal)).Order()];

    /// <summary>Returns the environment of a service.</summary>
    public static Dictionary<string, string> EnvironmentOf(string service) =>
        ((Dictionary<object, object>)Services[service]["environment"]).ToDictionary(
            e => (string)e.Key,
            e => (string)e.Value
        );

    static Dictionary<string, Dictionary<object, object>> Read()
    {
        var parser = new MergingParser(new Parser(new StringReader(Repository.Text(Path))));
        var all = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(parser);
        return ((Dictionary<object, object>)all["services"]).ToDictionary(
            s => (string)s.Key,
            s => (Dictionary<object, object>)s.Value
        );
    }
}
