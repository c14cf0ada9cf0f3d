namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A pattern whose new matches become sources.</summary>
/// <param name="Pattern">The pattern of paths.</param>
/// <param name="NameOf">Returns the name of the source for a matching file.</param>
sealed record FollowedPattern(PathPattern Pattern, Func<string, string> NameOf)
{
    /// <summary>Gets the text before the path in the names of the sources.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Returns the path of an earlier run's source that this pattern named; null: this pattern did not name it.
    /// </summary>
    public string? FindPath(string source) =>
        source.StartsWith(Prefix, StringComparison.Ordinal)
        && source[Prefix.Length..] is var path
        && Pattern.IsMatch(path)
        && NameOf(path) == source
            ? path
            : null;
}
