using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ConveyorActors.Cli.Usage;

/// <summary>Makes whole documents of a server safe to show, without shortening them.</summary>
static class ForeignText
{
    /// <summary>Returns lines of text whose other control characters are question marks.</summary>
    public static string SanitizeLines(string text)
    {
        if (!text.Any(IsHarmful))
            return text;
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
            shown.Append(IsHarmful(c) ? '?' : c);
        return shown.ToString();
    }

    /// <summary>Returns the same JSON with its control characters escaped.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static string EscapeJson(string json)
    {
        using (JsonDocument.Parse(json)) { }
        if (!json.Any(IsHarmful))
            return json;
        // In valid JSON such a character can only be in a string, where an escape means the same, or be a blank.
        var shown = new StringBuilder(json.Length);
        foreach (var c in json)
            if (c is '\r' or '\t')
                shown.Append(' ');
            else if (IsHarmful(c))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                shown.Append(c);
        return shown.ToString();
    }

    static bool IsHarmful(char c) => c != '\n' && Printable.IsHidden(c);
}
