using System.Globalization;
using System.Text;

namespace ConveyorActors.Cli.Usage;

/// <summary>Makes text from users and files safe to show: without control characters, and shortened.</summary>
static class Printable
{
    public static string Sanitize(string text, int longest = 80)
    {
        if (text.Length <= longest && !text.Any(IsHidden))
            return text;
        var shown = new StringBuilder(longest);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, longest)))
            shown.Append(IsHidden(c) ? '?' : c);
        if (text.Length > longest)
            shown.Append("...");
        return shown.ToString();
    }

    /// <summary>Returns whether a character is a control character or changes how others are shown.</summary>
    public static bool IsHidden(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format;

    public static string Quote(string text) => $"'{Sanitize(text)}'";
}
