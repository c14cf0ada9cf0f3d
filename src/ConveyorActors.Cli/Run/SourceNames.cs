using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Gives every source a unique name: the given name or its path, with #2 and so on if the name is taken.
/// </summary>
static class SourceNames
{
    const int Max = 190;

    public static IReadOnlyList<SourceDefinition> CreateDefinitions(IReadOnlyList<SourceDraft> sources)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. sources.Select(s => new SourceDefinition(
                MakeUnique(s.Name?.Value ?? FromPath(s.Path.Value), taken),
                s.Path.Value
            )
            {
                Follow = s.Follow?.Value ?? false,
                IsMatch = s.IsMatch && (s.Follow?.Value ?? false),
            }),
        ];
    }

    public static string FromPath(string path)
    {
        if (path == "-")
            return "stdin";
        // The end of a path is more distinctive than its beginning.
        return Printable.Sanitize(path.Length > Max ? "..." + path[^(Max - 3)..] : path, Max);
    }

    static string MakeUnique(string name, HashSet<string> taken)
    {
        var free = name;
        for (var n = 2; !taken.Add(free); n++)
            free = $"{name}#{n}";
        return free;
    }
}
