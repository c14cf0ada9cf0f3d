using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Finds syntax errors in a HOCON text. Akka's own parser ignores a brace that is not closed and a key without a value.
/// </summary>
sealed class HoconSyntax
{
    const string Triple = "\"\"\"";

    readonly string text;
    int at;

    HoconSyntax(string text) => this.text = text;

    /// <exception cref="FormatException">The syntax is wrong; the message names the line.</exception>
    public static void Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        new HoconSyntax(text).ParseRoot();
    }

    void ParseRoot()
    {
        SkipSpace();
        if (Next == '{')
            ParseObject();
        else
            ParseFields(isInBraces: false);
        SkipSpace();
        if (!IsAtEnd)
            throw CreateError(at, $"'{Next}' closes nothing");
    }

    bool IsAtEnd => at >= text.Length;

    char Next => IsAtEnd ? '\0' : text[at];

    bool IsAt(string word) => string.CompareOrdinal(text, at, word, 0, word.Length) == 0;

    bool IsComment => Next == '#' || IsAt("//");

    void ParseObject()
    {
        var open = at++;
        ParseFields(isInBraces: true);
        if (Next != '}')
            throw CreateError(open, "'{' is not closed");
        at++;
    }

    void ParseFields(bool isInBraces)
    {
        while (true)
        {
            SkipSpace(andCommas: true);
            if (IsAtEnd || isInBraces && Next == '}')
                return;
            if (Next is '}' or ']')
                throw CreateError(at, $"'{Next}' closes nothing");
            ParseField();
        }
    }

    void ParseField()
    {
        var key = at;
        while (
            !IsAtEnd && Next is not ('=' or ':' or '{' or '\n' or ',' or '}' or ']' or '[') && !IsAt("+=") && !IsComment
        )
            ParsePart();
        var name = text[key..at].Trim();
        SkipSpace();
        switch (Next)
        {
            case '{' when name.Length > 0:
                ParseValue(name, key);
                return;
            case '=' or ':' when name.Length > 0:
                at++;
                break;
            case '+' when name.Length > 0 && IsAt("+="):
                at += 2;
                break;
            default:
                throw name.StartsWith("include", StringComparison.Ordinal)
                    ? CreateError(key, "include is not supported; everything must be in one file")
                    : CreateError(
                        key,
                        name.Length == 0 ? $"'{Next}' has no key before it" : $"{Printable.Quote(name)} has no value"
                    );
        }
        SkipSpace();
        ParseValue(name, key);
    }

    /// <summary>Reads a value, which ends with its line, at a comma, or where its object or array ends.</summary>
    void ParseValue(string name, int key)
    {
        var begin = at;
        while (!IsAtEnd && Next is not ('\n' or ',' or '}' or ']') && !IsComment)
        {
            if (Next == '{')
                ParseObject();
            else if (Next == '[')
                ParseArray();
            else
                ParsePart();
        }
        if (at == begin)
            throw CreateError(key, $"{Printable.Quote(name)} has no value");
    }

    void ParseArray()
    {
        var open = at++;
        while (true)
        {
            SkipSpace(andCommas: true);
            if (IsAtEnd || Next == '}')
                throw CreateError(open, "'[' is not closed");
            if (Next == ']')
                break;
            ParseValue("an element", at);
        }
        at++;
    }

    /// <summary>Reads a quoted text, a substitution, or one character.</summary>
    void ParsePart()
    {
        if (IsAt(Triple))
            SkipPast(Triple, 3, "a text in three quotation marks");
        else if (Next == '"')
            ParseQuoted();
        else if (IsAt("${"))
            SkipPast("}", 2, "'${'");
        else
            at++;
    }

    void ParseQuoted()
    {
        var open = at++;
        while (Next != '"')
        {
            if (IsAtEnd || Next == '\n')
                throw CreateError(open, "a quoted text is not closed");
            at += Next == '\\' ? 2 : 1;
        }
        at++;
    }

    void SkipPast(string end, int from, string what)
    {
        var found = text.IndexOf(end, at + from, StringComparison.Ordinal);
        if (found < 0)
            throw CreateError(at, $"{what} is not closed");
        at = found + end.Length;
    }

    void SkipSpace(bool andCommas = false)
    {
        while (!IsAtEnd)
        {
            if (char.IsWhiteSpace(Next) || Next == '\uFEFF' || andCommas && Next == ',')
                at++;
            else if (IsComment)
                at = text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
            else
                return;
        }
    }

    FormatException CreateError(int where, string what) =>
        new($"line {text.AsSpan(0, Math.Min(where, text.Length)).Count('\n') + 1}: {what}");
}
