using System.Text.RegularExpressions;

namespace ConveyorActors.Http.Inspecting;

/// <summary>Names what an operator's command complains about as the request names it.</summary>
static partial class CommandError
{
    /// <summary>
    /// Returns the error with the names of JSON: "maxPerStage" for "--max-per-stage", "pipeline" for "PIPELINE", null
    /// for "off". Quoted values are not changed otherwise; a string of JSON has its own quotes.
    /// </summary>
    public static string Format(string error) =>
        NamePattern.Replace(
            LimitPattern.Replace(
                error,
                limit =>
                    $"{limit.Groups["name"].Value} is {FormatValue(limit.Groups["value"].Value)}; it must be {limit.Groups["right"].Value.Replace(", or off", ", or null", StringComparison.Ordinal)}"
            ),
            name => name.ValueSpan[0] == '-' ? LimitNames.FromOption(name.Value[2..]) : name.Value.ToLowerInvariant()
        );

    static string FormatValue(string value) =>
        value == LimitNames.Off ? "'null'"
        : value.StartsWith('"') ? value
        : $"'{value}'";

    /// <summary>A value of a limit and what it must be. The value is the client's, the rest is the command's.</summary>
    [GeneratedRegex("^(?<name>--[a-z-]+) is '(?<value>.*)'; it must be (?<right>[^']*)$", RegexOptions.Singleline)]
    private static partial Regex LimitPattern { get; }

    /// <summary>The name at the start, or the second one of two limits that contradict each other.</summary>
    [GeneratedRegex(
        "^(--[a-z-]+|[A-Z]{2,})(?= )|(?<=^--low-watermark would be [0-9.E-]+ and )--backpressure-threshold(?= )"
    )]
    private static partial Regex NamePattern { get; }
}
