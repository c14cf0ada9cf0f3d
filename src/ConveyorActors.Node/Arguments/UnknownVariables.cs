using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Node.Arguments;

/// <summary>Finds environment variables that have the program's prefix, but no meaning to it.</summary>
static class UnknownVariables
{
    const string Prefix = "CONVEYOR_NODE_";

    static readonly string[] WithoutFlag =
    [
        "CONVEYOR_NODE_FAST",
        "CONVEYOR_NODE_INSPECT",
        "CONVEYOR_NODE_JOURNAL_PASSWORD",
        "CONVEYOR_NODE_TLS_PASSWORD",
        // The variables of the verbs produce and consume.
        "CONVEYOR_NODE_PIPELINES",
        "CONVEYOR_NODE_SOURCES",
        "CONVEYOR_NODE_NAME",
        "CONVEYOR_NODE_INTERVAL",
    ];

    /// <summary>Returns a sentence for each variable that is not known.</summary>
    public static IEnumerable<string> Describe(NodeFlags flags, IEnumerable<string> names)
    {
        var known = flags.All.OfType<NodeFlag>().Select(f => f.Variable).Concat(WithoutFlag).ToArray();
        return names
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(n) && !IsOfKubernetes(n))
            .Order(StringComparer.Ordinal)
            .Select(n => $"{Printable.Sanitize(n)} is not known and not used{Nearest.Guess(n, known)}");
    }

    /// <summary>
    /// Returns whether a variable is one that Kubernetes sets in each container if a service is called conveyor-node.
    /// </summary>
    static bool IsOfKubernetes(string name) =>
        name.Contains("_SERVICE_", StringComparison.Ordinal) || name.Contains("_PORT_", StringComparison.Ordinal);
}
