using System.Globalization;
using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// Reads the query of a request. An error names the wrong value and what would be right. Names have one spelling, as the
/// members of a body do, although the framework ignores case.
/// </summary>
static class QueryReader
{
    /// <summary>Returns the value of a parameter; null: the parameter is missing.</summary>
    /// <exception cref="HttpProblem">The parameter is given several times.</exception>
    public static string? GetText(HttpContext context, string name)
    {
        var values = context.Request.Query[name];
        return values.Count <= 1
            ? values.FirstOrDefault()
            : throw HttpProblem.CreateInvalid($"{name} is given {values.Count} times; it must be given once");
    }

    public static long? GetNumber(HttpContext context, string name, long least, long most)
    {
        if (GetText(context, name) is not { } text)
            return null;
        if (
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
            return number;
        throw HttpProblem.CreateInvalid(
            name,
            text,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}")
        );
    }

    public static bool GetFlag(HttpContext context, string name) =>
        GetText(context, name) switch
        {
            null or "false" => false,
            "true" => true,
            var text => throw HttpProblem.CreateInvalid(name, text, "true or false"),
        };

    /// <summary>Returns the index of the given choice; 0 when the parameter is missing.</summary>
    public static int GetChoice(HttpContext context, string name, params string[] choices)
    {
        if (GetText(context, name) is not { } text)
            return 0;
        var found = Array.IndexOf(choices, text);
        return found >= 0
            ? found
            : throw HttpProblem.CreateInvalid(name, text, $"{string.Join(", ", choices[..^1])} or {choices[^1]}");
    }

    /// <exception cref="HttpProblem">The query has a parameter that is not in the list.</exception>
    public static void ValidateNames(HttpContext context, params string[] names)
    {
        foreach (var name in context.Request.Query.Keys)
            if (!names.Contains(name, StringComparer.Ordinal))
                throw HttpProblem.CreateInvalid(
                    $"'{HttpProblem.Sanitize(name)}' is not a parameter of this resource; {DescribeRight(name, names)}"
                );
    }

    /// <summary>Returns the names that are allowed, and the one that was probably meant.</summary>
    public static string DescribeRight(string name, IReadOnlyCollection<string> names) =>
        names.Count == 0 ? "it has none"
        : NearestName.Find(name, names) is { } near
            ? $"it must be one of {string.Join(", ", names)}; did you mean {near}?"
        : $"it must be one of {string.Join(", ", names)}";
}
