using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>The lines that a command wrote to standard error: each text once, with its count.</summary>
/// <remarks>
/// Bounded: only the beginning of a line and a limited number of texts are kept. Further lines are only counted.
/// </remarks>
sealed class ErrorLines
{
    /// <summary>Maximum number of texts kept of one command or one stage.</summary>
    public const int MaxTexts = 20;

    /// <summary>Maximum bytes kept of a line.</summary>
    public const int MaxBytes = 300;

    readonly Lock gate = new();
    readonly Dictionary<string, long> texts = new(StringComparer.Ordinal);
    readonly byte[] line = new byte[MaxBytes];
    int length;
    long more;
    bool isCut;

    /// <summary>
    /// Returns the texts, in no particular order, with their counts, and the number of lines with other texts.
    /// </summary>
    public (IReadOnlyList<KeyValuePair<string, long>> Texts, long More) Take()
    {
        lock (gate)
        {
            EndLine();
            return ([.. texts], more);
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            while (bytes.Length > 0)
            {
                var end = bytes.IndexOf((byte)'\n');
                var part = end < 0 ? bytes : bytes[..end];
                var kept = Math.Min(part.Length, MaxBytes - length);
                part[..kept].CopyTo(line.AsSpan(length));
                length += kept;
                isCut |= kept < part.Length;
                if (end < 0)
                    return;
                EndLine();
                bytes = bytes[(end + 1)..];
            }
        }
    }

    void EndLine()
    {
        var text = ReplaceControlCharacters(Encoding.UTF8.GetString(line, 0, length).TrimEnd()) + (isCut ? "..." : "");
        (length, isCut) = (0, false);
        if (text.Length == 0)
            return;
        if (texts.TryGetValue(text, out var count))
            texts[text] = count + 1;
        else if (texts.Count < MaxTexts)
            texts.Add(text, 1);
        else
            more++;
    }

    /// <summary>Returns a text with '?' in place of characters that a terminal could interpret as a command.</summary>
    static string ReplaceControlCharacters(string text) =>
        string.Create(
                text.Length,
                text,
                (shown, from) =>
                {
                    for (var i = 0; i < shown.Length; i++)
                        shown[i] =
                            from[i] == '\t' ? ' '
                            : char.IsControl(from[i]) || IsDirection(from[i]) ? '?'
                            : from[i];
                }
            )
            .TrimStart();

    /// <summary>
    /// Returns whether a character changes the direction of text, which can make a text look like another one.
    /// </summary>
    static bool IsDirection(char c) =>
        c is (>= '\u200e' and <= '\u200f') or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
