using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// Reads names in a path exactly as the client encoded them. Routing leaves an encoded slash as it is, so a name with a
/// slash would look the same as a name with the characters <c>%2F</c>; file names contain slashes.
/// </summary>
static class RouteNames
{
    /// <summary>Returns a segment of the path as the name of a pipeline, stage or source.</summary>
    /// <exception cref="HttpProblem">The segment is not a valid name.</exception>
    public static string GetName(HttpContext context, string parameter) =>
        Validate(GetText(context, parameter), parameter);

    /// <summary>Checks and returns the name of a pipeline, stage or source.</summary>
    /// <exception cref="HttpProblem">The name is not valid.</exception>
    public static string Validate(string? name, string what)
    {
        try
        {
            Names.Validate(name, what);
        }
        catch (ArgumentException e)
        {
            throw HttpProblem.CreateInvalid(Buffers.Inspection.ExceptionLine.Format(e));
        }
        // Two names that look the same, or a name that is shown backwards, would deceive a reader.
        if (name.Any(IsInvisible))
            throw HttpProblem.CreateInvalid(
                what,
                name,
                "text without invisible characters or characters that change its direction"
            );
        // Half of a surrogate pair cannot be written to a store or in a message.
        return !name.Any(char.IsSurrogate) || IsWhole(name)
            ? name
            : throw HttpProblem.CreateInvalid(what, name, "text without halves of surrogate pairs");
    }

    /// <summary>Returns a segment of the path, decoded.</summary>
    public static string GetText(HttpContext context, string parameter)
    {
        var routed = context.Request.RouteValues[parameter]?.ToString() ?? "";
        if (!routed.Contains('%', StringComparison.Ordinal))
            return routed;
        return FindRaw(context, parameter) is { } raw
            ? Uri.UnescapeDataString(raw)
            : routed.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Returns the segment as it was sent; null: its place in the path is not known.</summary>
    static string? FindRaw(HttpContext context, string parameter)
    {
        if (
            context.Features.Get<IHttpRequestFeature>()?.RawTarget is not ['/', ..] target
            || context.GetEndpoint() is not RouteEndpoint route
        )
            return null;
        var at = -1;
        for (var i = 0; i < route.RoutePattern.PathSegments.Count && at < 0; i++)
            if (route.RoutePattern.PathSegments[i].Parts is [RoutePatternParameterPart part] && part.Name == parameter)
                at = i;
        var end = target.AsSpan().IndexOfAny('?', '#');
        var segments = (end < 0 ? target : target[..end]).Split('/')[1..];
        var before = (context.Request.PathBase.Value ?? "").Count(c => c == '/');
        return at >= 0 && segments.Length == before + route.RoutePattern.PathSegments.Count
            ? segments[before + at]
            : null;
    }

    /// <summary>
    /// Returns whether a character is of Unicode's category Format. Joiners are allowed: some scripts need them.
    /// </summary>
    static bool IsInvisible(char c) =>
        char.GetUnicodeCategory(c) == UnicodeCategory.Format && c is not ('\u200C' or '\u200D');

    static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }
        return true;
    }
}
