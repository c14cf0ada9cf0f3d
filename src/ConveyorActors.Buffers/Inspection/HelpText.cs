using System.Text;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>Creates the help texts of commands.</summary>
static class HelpText
{
    /// <summary>Returns a command's usage on one line.</summary>
    public static string FormatUsage(InspectionCommand command) =>
        string.Join(
            ' ',
            [command.Name, .. command.Arguments.Select(a => a.Usage), .. command.AllOptions.Select(o => $"[{o.Usage}]")]
        );

    /// <summary>Returns the list of all commands, one line each.</summary>
    public static string Format(IReadOnlyList<InspectionCommand> commands)
    {
        var text = new StringBuilder("usage: COMMAND [ARGUMENTS] [--json]\n\n");
        AppendRows(text, commands.Select(c => (c.Name, c.Summary)));
        return text.Append("\nhelp COMMAND shows details.").ToString();
    }

    /// <summary>Returns the help of one command, with its arguments and options.</summary>
    public static string Format(InspectionCommand command)
    {
        var text = new StringBuilder($"usage: {FormatUsage(command)}\n\n{FormatSentence(command.Summary)}");
        if (command.Details.Length > 0)
            text.Append(' ').Append(command.Details);
        text.Append("\n\n");
        AppendRows(
            text,
            [
                .. command.Arguments.Select(a => (a.Name, FormatDescription(a))),
                .. command.AllOptions.Select(o => (o.Usage, o.Description)),
            ]
        );
        return text.ToString().TrimEnd('\n');
    }

    static string FormatDescription(InspectionArgument argument) =>
        argument.Choices.Count == 0
            ? argument.Description
            : $"{string.Join(" or ", argument.Choices)}: {argument.Description}";

    static string FormatSentence(string summary) => $"{char.ToUpperInvariant(summary[0])}{summary[1..]}.";

    static void AppendRows(StringBuilder text, IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToArray();
        var width = all.Max(r => r.Left.Length);
        foreach (var (left, right) in all)
            text.Append("  ").Append(left.PadRight(width)).Append("  ").Append(right).Append('\n');
    }
}
