using System.Text;

namespace ConveyorActors.Buffers;

/// <summary>
/// Converts strings to UTF-8 and back exactly, including an unpaired surrogate, which cutting a text can leave and
/// which UTF-8 would replace.
/// </summary>
static class LosslessText
{
    const char MarkHigh = '\uDBFF',
        MarkLow = '\uDFFF',
        FirstSurrogate = '\uD800',
        LastSurrogate = '\uDFFF',
        FirstEscaped = '\uE000',
        LastEscaped = '\uE7FF';
    const string Mark = "\uDBFF\uDFFF";

    /// <summary>Returns a string that UTF-8 can encode.</summary>
    public static string Escape(string text) =>
        text.AsSpan().ContainsAnyInRange(FirstSurrogate, LastSurrogate) ? EscapeMarks(text) : text;

    /// <summary>Returns the original string.</summary>
    public static string Unescape(string text) =>
        text.Contains(Mark, StringComparison.Ordinal) ? UnescapeMarks(text) : text;

    static string EscapeMarks(string text)
    {
        var escaped = new StringBuilder(text.Length + 2);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!char.IsSurrogate(c))
                escaped.Append(c);
            else if (i + 1 == text.Length || !char.IsSurrogatePair(c, text[i + 1]))
                escaped.Append(Mark).Append((char)(c - FirstSurrogate + FirstEscaped));
            else
            {
                if (IsMark(text, i))
                    escaped.Append(Mark);
                escaped.Append(c).Append(text[++i]);
            }
        }
        return escaped.ToString();
    }

    static string UnescapeMarks(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsMark(text, i))
                plain.Append(text[i]);
            else if (i + 2 < text.Length && text[i + 2] is >= FirstEscaped and <= LastEscaped)
            {
                plain.Append((char)(text[i + 2] - FirstEscaped + FirstSurrogate));
                i += 2;
            }
            else
            {
                plain.Append(Mark);
                i += IsMark(text, i + 2) ? 3 : 1;
            }
        }
        return plain.ToString();
    }

    static bool IsMark(string text, int at) => at + 1 < text.Length && text[at] == MarkHigh && text[at + 1] == MarkLow;
}
