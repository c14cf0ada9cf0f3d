using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node;

/// <summary>
/// Formats the errors of the arguments as sentences with the flag, its value, and what would be right.
/// </summary>
static class UsageErrors
{
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        var errors = new List<string>();
        var command = parsed.CommandResult.Command;
        var known = command.Options.SelectMany(o => o.Aliases.Append(o.Name)).ToArray();
        var unknown = parsed.UnmatchedTokens.Where(t => t is ['-', _, ..]).ToList();
        foreach (var flag in unknown.Select(HideValue))
            errors.Add($"{Printable.Quote(flag)} is not a flag{Nearest.Guess(flag, known)}");
        // A word after an unknown flag was most likely its value.
        if (unknown.Count == 0 && parsed.UnmatchedTokens.FirstOrDefault() is { } word)
            errors.Add(
                $"{Printable.Quote(HideValue(word))} is not expected here; every value comes after its flag{Nearest.Guess(word, command.Subcommands.Select(c => c.Name))}"
            );
        foreach (var option in command.Options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } given || option.ValueType == typeof(bool))
                continue;
            if (given.Tokens.Count < given.IdentifierTokenCount)
                errors.Add($"{option.Name} has no value; it must be followed by {option.HelpName}");
            else if (given.Tokens.FirstOrDefault(t => known.Contains(t.Value)) is { } next)
                errors.Add(
                    $"{option.Name} has no value ({next.Value} comes next); it must be followed by {option.HelpName}"
                );
            else if (given.IdentifierTokenCount > 1 && option is NodeFlag { IsRepeatable: false })
                errors.Add($"{option.Name} is given {given.IdentifierTokenCount} times; it must be given once");
        }
        if (errors.Count == 0)
            errors.AddRange(parsed.Errors.Select(e => e.Message));
        return errors;
    }

    /// <summary>
    /// Returns a word up to its first '=' or ':' if what follows may have a password, as a connection string or a URL.
    /// </summary>
    static string HideValue(string word) => word.AsSpan().ContainsAny('=', '@') ? word.Split('=', ':')[0] : word;
}
