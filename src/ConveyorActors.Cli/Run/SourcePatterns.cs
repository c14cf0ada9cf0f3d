using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Cli.Run;

/// <summary>Replaces a source whose path is a pattern by the files that match.</summary>
static class SourcePatterns
{
    /// <summary>
    /// Returns the sources with one file each. A pattern without a match adds an error, unless it is followed. A
    /// followed file is returned once, and a compressed file that matches a followed pattern is left out.
    /// </summary>
    public static IReadOnlyList<SourceDraft> Expand(IReadOnlyList<SourceDraft> sources, InputErrors inputErrors)
    {
        var all = sources
            .SelectMany(s => PathPattern.Find(s.Path.Value) is { } pattern ? Matches(s, pattern, inputErrors) : [s])
            .ToList();
        var named = all.Where(s => !s.IsMatch).Select(s => s.Path.Value).ToHashSet();
        return
        [
            .. all.Where(s => !s.IsMatch || !IsFollowed(s) || !GzipNames.Is(s.Path.Value) && named.Add(s.Path.Value)),
        ];
    }

    /// <summary>Returns the followed patterns. Their new matches become sources during the run.</summary>
    public static IReadOnlyList<FollowedPattern> GetFollowed(IReadOnlyList<SourceDraft> sources) =>
        [
            .. sources
                .Where(IsFollowed)
                .Select(s => (Source: s, Pattern: PathPattern.Find(s.Path.Value)))
                .Where(p => p.Pattern is not null)
                .Select(p => new FollowedPattern(
                    p.Pattern!,
                    path => CreateSource(p.Source, path).Name?.Value ?? SourceNames.FromPath(path)
                )
                {
                    Prefix = p.Source.Name is { } name ? $"{name.Value}:" : "",
                }),
        ];

    static bool IsFollowed(SourceDraft source) => source.Follow is { Value: true };

    static IEnumerable<SourceDraft> Matches(SourceDraft source, PathPattern pattern, InputErrors inputErrors)
    {
        try
        {
            var isUsable = true;
            var files = pattern.Matches(path =>
            {
                isUsable = false;
                inputErrors.Add(
                    $"{source.Path.Where} is {Printable.Quote(source.Path.Text)}, which matches '{path}'; the names of files must be UTF-8. {RawArguments.FileAdvice}"
                );
            });
            if (!isUsable || files.Count > 0 || IsFollowed(source))
                return files.Select(f => CreateSource(source, f));
            inputErrors.Add(
                $"{source.Path.Where} is {Printable.Quote(source.Path.Text)}; it must be a file or a pattern that matches a file, and no file matches"
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            inputErrors.Add(
                $"{source.Path.Where} is {Printable.Quote(source.Path.Text)}, and the files that match it cannot be listed: {ExceptionSentence.Format(e)}"
            );
        }
        return [];
    }

    /// <summary>
    /// Returns the source of a matching file. Its name is made of the pattern's name, if any, and the file's path, so
    /// it does not depend on other matches.
    /// </summary>
    static SourceDraft CreateSource(SourceDraft source, string file) =>
        source with
        {
            IsMatch = true,
            Path = source.Path with { Value = file },
            Name = source.Name is { } name ? name with { Value = SourceNames.FromPath($"{name.Value}:{file}") } : null,
        };
}
