using System.Collections.Concurrent;
using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Recognizes commands that need no shell: a program that the shell has found on PATH, and words that the shell would
/// pass on as they are. Such a program is started directly, which saves the start of the shell.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
[UnsupportedOSPlatform("windows")]
static class PlainCommand
{
    /// <summary>Characters that the shell expands nowhere in a word. A word in single quotes may have any.</summary>
    const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,@%:=^";

    static readonly ConcurrentDictionary<string, string> Programs = new(StringComparer.Ordinal);

    /// <summary>Stores the reply of the shell's <c>command -v</c>, unless it is no path of a program.</summary>
    /// <param name="word">The word that starts the program.</param>
    /// <param name="reply">A path for a program; anything else for a builtin, a function or an alias.</param>
    public static void AddProgram(string word, string reply)
    {
        if (reply.StartsWith('/') && reply.EndsWith($"/{word}", StringComparison.Ordinal))
            Programs[word] = reply;
    }

    /// <summary>Returns the program's path and the words of a command; null if the shell must run the command.</summary>
    public static (string Path, IReadOnlyList<string> Words)? FindProgram(string command) =>
        SplitWords(command) is [var word, ..] words
        && Programs.TryGetValue(word, out var path)
        && PlainEnvironment.IsStillFirst(word, path)
            ? (path, words)
            : null;

    /// <summary>Returns the words of a command; null if the shell would do more than split it.</summary>
    internal static List<string>? SplitWords(string command)
    {
        List<string> words = [];
        var at = 0;
        while (at < command.Length)
        {
            if (command[at] is ' ' or '\t')
            {
                at++;
                continue;
            }
            var word = "";
            while (at < command.Length && command[at] is not (' ' or '\t'))
            {
                if (command[at] == '\'')
                {
                    var end = command.IndexOf('\'', at + 1);
                    if (end < 0)
                        return null;
                    word += command[(at + 1)..end];
                    at = end + 1;
                }
                else if (Plain.Contains(command[at]))
                    word += command[at++];
                else
                    return null;
            }
            words.Add(word);
        }
        return words;
    }
}
