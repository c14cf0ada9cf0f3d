using System.Text;
using System.Text.Json;

namespace ConveyorActors.Http.Inspecting;

/// <summary>The limits by their names in JSON, which are those of the command <c>limits</c> in camel case.</summary>
static class LimitNames
{
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

    /// <summary>Returns the option of the command: "maxPerStage" is "max-per-stage".</summary>
    public static string Option(string name)
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

    /// <summary>Returns a value as the command takes it: null is off.</summary>
    public static string Value(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => "off",
            JsonValueKind.Number => value.GetRawText(),
            // The command refuses it and shows it, so it may not be endless.
            _ => Wire.HttpProblem.Shown(value.GetRawText()),
        };
}
