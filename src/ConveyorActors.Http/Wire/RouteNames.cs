using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// Names in a path, exactly as the client has encoded them. Routing leaves an encoded slash as it is, so that a name
/// with a slash could not be told from one with the three characters <c>%2F</c>; names of files have slashes.
/// </summary>
static class RouteNames
{
    /// <summary>Returns a part of the path as a name of a pipeline, stage or source.</summary>
    /// <exception cref="HttpProblem">It is no such name.</exception>
    public static string Name(HttpContext context, string parameter) => Validate(Text(context, parameter), parameter);

    /// <summary>Returns a name of a pipeline, stage or source.</summary>
    /// <exception cref="HttpProblem">It is no such name.</exception>
    public static string Validate(string? name, string what)
    {
        try
        {
            Names.Validate(name, what);
        }
        catch (ArgumentException e)
        {
            throw HttpProblem.Wrong(Buffers.Inspection.OneLine.Of(e));
        }
        // Neither a store nor a wire can write half of a surrogate pair as it is.
        return !name.Any(char.IsSurrogate) || IsWhole(name)
            ? name
            : throw HttpProblem.Wrong(what, name, "text without halves of surrogate pairs");
    }

    /// <summary>Returns a part of the path, decoded.</summary>
    public static string Text(HttpContext context, string parameter)
    {
        var routed = context.Request.RouteValues[parameter]?.ToString() ?? "";
        if (!routed.Contains('%', StringComparison.Ordinal))
            return routed;
        return Raw(context, parameter) is { } raw
            ? Uri.UnescapeDataString(raw)
            : routed.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Returns the part of the request's own path; null: it is not known which one it is.</summary>
    static string? Raw(HttpContext context, string parameter)
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
