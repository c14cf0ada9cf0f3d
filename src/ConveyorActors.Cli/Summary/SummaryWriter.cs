using ConveyorActors.Cli.Usage;
using Spectre.Console;

namespace ConveyorActors.Cli.Summary;

/// <summary>Writes sums as a table whose rows show whether they add up.</summary>
static class SummaryWriter
{
    /// <summary>Writes the verdict, the table and the remarks.</summary>
    public static void Write(IAnsiConsole console, RunSummary summary)
    {
        WriteLine(console, summary.Verdict, summary.AddsUp ? null : Color.Red);
        WriteSums(console, summary.Stages);
        foreach (var commands in summary.Commands)
            WriteLine(console, $"  {commands}", null);
        foreach (var remark in summary.Remarks)
            WriteLine(console, remark, Color.Yellow);
    }

    /// <summary>Writes only the table.</summary>
    public static void WriteSums(IAnsiConsole console, IReadOnlyList<StageSum> stages)
    {
        if (stages.Count == 0)
            return;
        var columns = CreateColumns(stages);
        var nameWidth = Math.Max("stage".Length, stages.Max(s => FormatName(s).Length));
        var widths = columns
            .Select(c => Math.Max(c.Header.Length, stages.Max(s => CountText.FormatExact(c.Value(s)).Length)))
            .ToList();

        WriteLine(
            console,
            "  "
                + "stage".PadRight(nameWidth)
                + string.Concat(columns.Select((c, i) => (c.Sign + c.Header.PadLeft(widths[i])))),
            null
        );
        foreach (var stage in stages)
        {
            var numbers = string.Concat(
                columns.Select((c, i) => c.Sign + CountText.FormatExact(c.Value(stage)).PadLeft(widths[i]))
            );
            var row = "  " + FormatName(stage).PadRight(nameWidth) + numbers;
            if (stage.AddsUp)
                WriteLine(console, row + "   adds up" + (console.Profile.Capabilities.Unicode ? " ✓" : ""), null);
            else
                WriteLine(
                    console,
                    row + $"   DOES NOT ADD UP: {CountText.FormatExact(stage.Missing)} unaccounted for",
                    Color.Red
                );
        }
    }

    sealed record Column(string Sign, string Header, Func<StageSum, long> Value);

    /// <summary>
    /// Returns the columns: the parts of the sum always, others only if a stage has a value for them.
    /// </summary>
    static List<Column> CreateColumns(IReadOnlyList<StageSum> stages)
    {
        List<Column> columns =
        [
            new("  ", "offered", s => s.Offered),
            new(" = ", "settled", s => s.Settled),
            new(" + ", "dead-lettered", s => s.DeadLettered),
            new(" + ", "dropped", s => s.Dropped),
        ];
        Column[] sometimes =
        [
            new(" + ", "expired", s => s.Expired),
            new(" + ", "refused", s => s.Refused),
            new(" + ", "unfinished", s => s.Unfinished),
        ];
        columns.AddRange(sometimes.Where(c => stages.Any(s => c.Value(s) != 0)));
        return columns;
    }

    static string FormatName(StageSum stage) => Printable.Sanitize(stage.Stage, 40);

    static void WriteLine(IAnsiConsole console, string text, Color? color) =>
        console.WriteLine(text, color is { } c ? new Style(c) : Style.Plain);
}
