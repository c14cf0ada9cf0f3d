using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>Formats one value, for people or for programs. Durations are in seconds in both.</summary>
static class Cell
{
    /// <summary>The decimals that a fraction is shown with.</summary>
    const int Decimals = 6;

    public static bool IsNumber(object value) => value is int or long or double or TimeSpan;

    public static string Format(object? value) =>
        value switch
        {
            null => "-",
            bool flag => flag ? "yes" : "no",
            double number => number.ToString("0.######", CultureInfo.InvariantCulture),
            TimeSpan time => time.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture),
            DateTimeOffset date => FormatDate(date),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => Escape(value.ToString() ?? ""),
        };

    public static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(Math.Round(number, Decimals));
                break;
            case TimeSpan time:
                writer.WriteNumberValue(time.TotalSeconds);
                break;
            case DateTimeOffset date:
                writer.WriteStringValue(FormatDate(date));
                break;
            default:
                writer.WriteStringValue(value.ToString());
                break;
        }
    }

    /// <summary>Splits a name in camel case into words: "inFlight" becomes "in flight".</summary>
    public static string SplitWords(string name)
    {
        var words = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c))
                words.Append(' ');
            words.Append(char.ToLowerInvariant(c));
        }
        return words.ToString();
    }

    static string FormatDate(DateTimeOffset date) =>
        date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Replaces control characters by their numbers, so that a line stays one line and no escape sequence reaches a
    /// terminal.
    /// </summary>
    static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var shown = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsControl(c))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }
        return shown.ToString();
    }
}
