namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Finds the programs that a shell command certainly starts, without running it. Recognized are simple commands, alone
/// or joined by |, after assignments, exec or cd; for any other command no word is returned.
/// </summary>
static class CommandWords
{
    /// <summary>The characters of a plain word, none of which the shell expands.</summary>
    const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,@%:";

    static readonly HashSet<string> Reserved =
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "do",
        "done",
        "case",
        "esac",
        "while",
        "until",
        "for",
        "in",
        "select",
        "function",
        "time",
        "coproc",
        "!",
        "{",
        "}",
        "[[",
    ];

    /// <summary>
    /// Returns the words, and whether names with a slash are looked up in another directory (after cd). Empty: no
    /// program is certain.
    /// </summary>
    public static (IReadOnlyList<string> Words, bool HasMoved) Parse(string command)
    {
        var text = TrimParentheses(command.Trim());
        var hasMoved = false;
        if (Split(text, "&&") is [var first, var rest] && SplitWords(first) is ["cd", _])
        {
            text = rest;
            hasMoved = true;
        }
        if (Split(text, "|") is not { } parts)
            return ([], hasMoved);
        List<string> words = [];
        foreach (var part in parts)
        {
            if (FindProgramWord(part) is not { } word)
                return ([], hasMoved);
            words.Add(word);
        }
        return (words, hasMoved);
    }

    /// <summary>Removes enclosing parentheses: (cat) becomes cat.</summary>
    static string TrimParentheses(string text) =>
        text is ['(', .., ')'] && text.IndexOf('(', 1) < 0 && text.IndexOf(')') == text.Length - 1
            ? text[1..^1].Trim()
            : text;

    static string? FindProgramWord(string part)
    {
        var words = SplitWords(part);
        var at = 0;
        while (at < words.Count && IsAssignment(words[at]))
            at++;
        if (at < words.Count && words[at] == "exec")
            at++;
        if (at >= words.Count || words[at] is [] or ['-', ..] || Reserved.Contains(words[at]))
            return null;
        return words[at].All(Plain.Contains) ? words[at] : null;
    }

    /// <summary>
    /// Returns whether a word is an assignment. PATH is excluded: a command that sets it is not certain, because PATH
    /// determines where programs are.
    /// </summary>
    static bool IsAssignment(string word)
    {
        var equals = word.IndexOf('=');
        return equals > 0
            && !char.IsAsciiDigit(word[0])
            && word[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && word[..equals] != "PATH";
    }

    static List<string> SplitWords(string part) =>
        [.. part.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>
    /// Splits at an operator outside quotes. Returns null if there is another operator, a substitution, or an unclosed
    /// quote.
    /// </summary>
    static List<string>? Split(string text, string separator)
    {
        List<string> parts = [];
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\'')
            {
                if ((i = text.IndexOf('\'', i + 1)) < 0)
                    return null;
            }
            else if (c == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                {
                    if (text[i] == '\\')
                        i++;
                    else if (text[i] == '`' || text[i] == '$' && i + 1 < text.Length && text[i + 1] == '(')
                        return null;
                }
                if (i >= text.Length)
                    return null;
            }
            else if (c == '\\')
                i++;
            else if (c == '#' && (i == 0 || char.IsWhiteSpace(text[i - 1])))
                return null;
            else if (
                c == '>' && i + 1 < text.Length && text[i + 1] is '&' or '|' or '>'
                || c == '<' && i + 1 < text.Length && text[i + 1] == '&'
            )
                i++;
            else if (
                string.CompareOrdinal(text, i, separator, 0, separator.Length) == 0
                && (separator != "|" || !HasCharAt(text, i + 1, '|') && !HasCharAt(text, i + 1, '&'))
            )
            {
                parts.Add(text[start..i]);
                i += separator.Length - 1;
                start = i + 1;
            }
            else if (separator == "&&" && c == '|' && !HasCharAt(text, i + 1, '|') && !HasCharAt(text, i + 1, '&'))
                continue;
            else if (
                c is ';' or '&' or '|' or '(' or ')' or '`' or '\n' or '\r'
                || c == '$' && HasCharAt(text, i + 1, '(')
                || c == '<' && HasCharAt(text, i + 1, '<')
            )
                return null;
        }
        parts.Add(text[start..]);
        return parts;
    }

    static bool HasCharAt(string text, int index, char c) => index < text.Length && text[index] == c;
}
