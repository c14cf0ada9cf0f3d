using System.Text;
using System.Text.Json;

namespace ConveyorActors.Http.Inspecting;

/// <summary>The names of limits in JSON: those of the command <c>limits</c> in camel case.</summary>
static class LimitNames
{
    /// <summary>The command's word for a limit that is null in JSON.</summary>
    public const string Off = "off";

    public static IReadOnlyList<string> All { get; } =
    [
        "maxTotalRecords",
        "maxPerStage",
        "maxPerSource",
        "maxTotalBytes",
        "maxBytesPerStage",
        "maxBytesPerSource",
        "backpressureThreshold",
        "lowWatermark",
    ];

    /// <summary>Returns the name of the command's option, such as "max-per-stage" for "maxPerStage".</summary>
    public static string ToOption(string name)
    {
        var option = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c))
                option.Append('-');
            option.Append(char.ToLowerInvariant(c));
        }
        return option.ToString();
    }

    /// <summary>Returns the name in JSON of an option, such as "maxPerStage" for "max-per-stage".</summary>
    public static string FromOption(string option) =>
        string.Concat(
            option.Split('-').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..])
        );

    /// <summary>Returns a value in the form that the command accepts; null becomes "off".</summary>
    public static string FormatValue(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => Off,
            JsonValueKind.Number => value.GetRawText(),
            // The command refuses this value and quotes it, so the text is shortened.
            JsonValueKind.String => Wire.JsonText.DescribeValue(value),
            _ => Wire.HttpProblem.Sanitize(value.GetRawText()),
        };
}
