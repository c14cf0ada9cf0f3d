using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Gives every source a unique name: the given name, which is never changed, or its path, with #2 and so on if that name
/// is taken.
/// </summary>
static class SourceNames
{
    const int Max = 190;

    public static IReadOnlyList<SourceDefinition> CreateDefinitions(IReadOnlyList<SourceDraft> sources)
    {
        var taken = sources.Where(IsGiven).Select(s => s.Name!.Value).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. sources.Select(s => new SourceDefinition(
                IsGiven(s) ? s.Name!.Value : MakeUnique(s.Name?.Value ?? FromPath(s.Path.Value), taken),
                s.Path.Value
            )
            {
                Follow = s.Follow?.Value ?? false,
                IsMatch = s.IsMatch && (s.Follow?.Value ?? false),
            }),
        ];
    }

    /// <summary>Returns whether the user gave this source its name; a match's name is made of its path too.</summary>
    public static bool IsGiven(SourceDraft source) => source is { Name: not null, IsMatch: false };

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
