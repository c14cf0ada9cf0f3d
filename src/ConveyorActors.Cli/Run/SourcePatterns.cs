using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sources;

namespace ConveyorActors.Cli.Run;

/// <summary>Puts the files that match in the place of a source whose path is a pattern.</summary>
static class SourcePatterns
{
    /// <summary>Returns the sources, each of one file; a pattern that matches none is complained about.</summary>
    public static IReadOnlyList<SourceDraft> Expanded(IReadOnlyList<SourceDraft> sources, Complaints complaints) =>
        [.. sources.SelectMany(s => PathPattern.Of(s.Path.Value) is { } pattern ? Matches(s, pattern, complaints) : [s])];

    static IEnumerable<SourceDraft> Matches(SourceDraft source, PathPattern pattern, Complaints complaints)
    {
        try
        {
            if (pattern.Matches() is { Count: > 0 } files) return files.Select(f => OfFile(source, f));
            complaints.Add($"{source.Path.Where} is {Printable.Quoted(source.Path.Text)}; it must be a pattern that a file matches, or a file, and there is none");
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            complaints.Add($"{source.Path.Where} is {Printable.Quoted(source.Path.Text)}, and what matches it cannot be found out: {OneSentence.Of(e)}");
        }
        return [];
    }

    /// <summary>The pattern's name, if it has one, and the file's path, so that a file has the same name whatever else matches.</summary>
    static SourceDraft OfFile(SourceDraft source, string file) => source with
    {
        Path = source.Path with { Value = file },
        Name = source.Name is { } name ? name with { Value = SourceNames.OfPath($"{name.Value}:{file}") } : null,
    };
}
