using System.CommandLine;
using System.CommandLine.Parsing;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli;

/// <summary>Rewords the parser's errors: each names the flag, the given value, and what would be right.</summary>
static class UsageErrors
{
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        var errors = new List<string>();
        var command = parsed.CommandResult.Command;
        if (command is RootCommand)
        {
            if (parsed.UnmatchedTokens.FirstOrDefault() is { } word)
                errors.Add(DescribeUnknownVerb(command, word));
            else if (parsed.Errors.Count > 0)
                errors.Add($"a verb is missing; it must be one of {FormatVerbNames(command)}");
            return errors;
        }

        // The value of a flag without one may be a word elsewhere on the line, so such words are not reported.
        var lacksValue = command.Options.Any(o =>
            parsed.GetResult(o) is { Implicit: false } given && LacksValue(command, o, given)
        );
        errors.AddRange(
            DescribeUnknown(command, [.. parsed.UnmatchedTokens.Where(t => !lacksValue || t.StartsWith('-'))])
        );
        foreach (var option in command.Options)
            if (
                parsed.GetResult(option) is { Implicit: false } given
                && DescribeOption(command, option, given) is { } error
            )
                errors.Add(error);
        if (errors.Count == 0)
            errors.AddRange(parsed.Errors.Select(e => e.Message));
        return errors;
    }

    static string? DescribeOption(Command command, Option option, OptionResult given)
    {
        var value = option is Flag flag ? flag.Right : "a value";
        if (!IsWithoutValue(option) && given.Tokens.Count < given.IdentifierTokenCount)
            return $"{option.Name} has no value; it must be {value}";
        if (!IsWithoutValue(option) && given.Tokens.FirstOrDefault(t => IsOption(command, t.Value)) is { } next)
            return $"{option.Name} has no value ({next.Value} comes next); it must be {value}";
        return given.IdentifierTokenCount > 1 && option is not Flag { IsRepeatable: true }
            ? $"{option.Name} is given {given.IdentifierTokenCount} times; it must be given once"
            : null;
    }

    static bool LacksValue(Command command, Option option, OptionResult given) =>
        !IsWithoutValue(option)
        && (given.Tokens.Count < given.IdentifierTokenCount || given.Tokens.Any(t => IsOption(command, t.Value)));

    /// <summary>Returns whether an option may be given without a value.</summary>
    static bool IsWithoutValue(Option option) =>
        option.ValueType == typeof(bool) || option is Flag { ValueIfNone: not null };

    static IEnumerable<string> DescribeUnknown(Command command, IReadOnlyList<string> tokens)
    {
        var flags = tokens.Where(t => t is ['-', _, ..]).ToList();
        // The value of a flag may be a secret.
        foreach (var flag in flags.Select(f => f.Split('=', ':')[0]))
            yield return IsOption(command, flag)
                ? $"{Quote(flag)} comes after '--', where flags are not recognized; leave '--' out"
                : $"{Quote(flag)} is not an option of {Help.FormatPath(command)}{Nearest.Guess(flag, command.Options.Select(o => o.Name))}";
        // The word after an unknown flag was most likely its value, so it is not reported.
        if (flags.Count == 0 && tokens.Count > 0)
            yield return $"{Quote(tokens[0])} is not expected here; "
                + (
                    command.Arguments.Count == 0
                        ? $"every value of {Help.FormatPath(command)} comes after its flag"
                        : $"{Help.FormatPath(command)} takes {string.Join(" and ", command.Arguments.Select(a => a.Name))}"
                );
    }

    static string DescribeUnknownVerb(Command root, string word) =>
        $"{Quote(word)} is not a verb; it must be one of {FormatVerbNames(root)}{Nearest.Guess(word, root.Subcommands.Select(c => c.Name))}";

    static string FormatVerbNames(Command root) => string.Join(", ", root.Subcommands.Select(c => c.Name));

    /// <summary>Returns a word of the command line in quotation marks, without a password.</summary>
    static string Quote(string word) => Printable.Quote(UrlText.HideUserInfoIfUrl(word));

    static bool IsOption(Command command, string token) =>
        command.Options.Any(o => o.Name == token || o.Aliases.Contains(token));
}
