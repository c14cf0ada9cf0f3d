namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A pattern whose new matches become sources.</summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="NameOf">Returns the name of the source of a file that matches.</param>
sealed record FollowedPattern(PathPattern Pattern, Func<string, string> NameOf)
{
    /// <summary>Gets what comes before the path in the names of the sources.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Returns the path of a source of an earlier run that this pattern named; null: it did not.</summary>
    public string? PathOf(string source) =>
        source.StartsWith(Prefix, StringComparison.Ordinal)
        && source[Prefix.Length..] is var path
        && Pattern.Fits(path)
        && NameOf(path) == source
            ? path
            : null;
}
