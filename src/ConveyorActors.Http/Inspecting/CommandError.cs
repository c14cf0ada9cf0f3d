using System.Text.RegularExpressions;

namespace ConveyorActors.Http.Inspecting;

/// <summary>Names what an operator's command complains about as the request names it.</summary>
static partial class CommandError
{
    /// <summary>
    /// Returns the error with the names of JSON: "maxPerStage" for "--max-per-stage", "pipeline" for "PIPELINE". Quoted
    /// values are not changed.
    /// </summary>
    public static string Format(string error) =>
        NamePattern.Replace(
            error,
            name => name.ValueSpan[0] == '-' ? LimitNames.FromOption(name.Value[2..]) : name.Value.ToLowerInvariant()
        );

    /// <summary>The name at the start, or the second one of two limits that contradict each other.</summary>
    [GeneratedRegex(
        "^(--[a-z-]+|[A-Z]{2,})(?= )|(?<=^--low-watermark would be [0-9.E-]+ and )--backpressure-threshold(?= )"
    )]
    private static partial Regex NamePattern { get; }
}
