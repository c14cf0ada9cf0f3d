using System.Runtime.CompilerServices;
using System.Text;

namespace ConveyorActors.Actors.Wire;

/// <summary>Strings, exactly: half of a surrogate pair too, which comes about where a text was cut, and which UTF-8 would replace.</summary>
static class Text
{
    const char EscapeHigh = '\uDBFF', EscapeLow = '\uDFFF', FirstSurrogate = '\uD800', LastSurrogate = '\uDFFF', FirstEscaped = '\uE000', LastEscaped = '\uE7FF';
    const string Escape = "\uDBFF\uDFFF";

    /// <summary>The string as UTF-8 can carry it.</summary>
    public static string ToProto(this string? text, [CallerArgumentExpression(nameof(text))] string field = "")
    {
        if (text is null) throw Field.Missing(field);
        return text.AsSpan().ContainsAnyInRange(FirstSurrogate, LastSurrogate) ? Escaped(text) : text;
    }

    /// <summary>The string as it was.</summary>
    public static string FromProto(this string text) => text.Contains(Escape, StringComparison.Ordinal) ? Unescaped(text) : text;

    static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 2);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!char.IsSurrogate(c))
                escaped.Append(c);
            else if (i + 1 == text.Length || !char.IsSurrogatePair(c, text[i + 1]))
                escaped.Append(Escape).Append((char)(c - FirstSurrogate + FirstEscaped));
            else
            {
                if (IsEscape(text, i)) escaped.Append(Escape);
                escaped.Append(c).Append(text[++i]);
            }
        }
        return escaped.ToString();
    }

    static string Unescaped(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsEscape(text, i))
                plain.Append(text[i]);
            else if (i + 2 < text.Length && text[i + 2] is >= FirstEscaped and <= LastEscaped)
            {
                plain.Append((char)(text[i + 2] - FirstEscaped + FirstSurrogate));
                i += 2;
            }
            else
            {
                plain.Append(Escape);
                i += IsEscape(text, i + 2) ? 3 : 1;
            }
        }
        return plain.ToString();
    }

    static bool IsEscape(string text, int at) => at + 1 < text.Length && text[at] == EscapeHigh && text[at + 1] == EscapeLow;
}
