using System.Globalization;

namespace ConveyorActors.Cli.Usage;

/// <summary>Reads and formats durations as people write them: 500ms, 5s, 2m, 1.5h, 3d.</summary>
static class DurationText
{
    /// <summary>Less than the longest time of a timer, which is 49.7 days.</summary>
    static readonly TimeSpan Max = TimeSpan.FromDays(40);

    public static bool TryRead(string text, out TimeSpan value)
    {
        value = default;
        var digits = text.AsSpan().IndexOfAnyExcept("0123456789.");
        if (digits <= 0)
            return false;
        double? unit = text[digits..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        if (
            unit is null
            || !double.TryParse(
                text.AsSpan(0, digits),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
            return false;
        var milliseconds = number * unit.Value;
        if (milliseconds < 1 || milliseconds > Max.TotalMilliseconds)
            return false;
        value = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    /// <summary>Formats a duration for people: 340 ms, 12.3 s, 4m 05s, 2h 03m.</summary>
    public static string Format(TimeSpan value) =>
        value switch
        {
            { TotalMilliseconds: < 999.5 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{value.TotalMilliseconds:0} ms"
            ),
            { TotalSeconds: < 59.95 } => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.0} s"),
            { TotalMinutes: < 60 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{(int)value.TotalMinutes}m {value.Seconds:00}s"
            ),
            _ => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalHours}h {value.Minutes:00}m"),
        };
}
