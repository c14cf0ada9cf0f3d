using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace ConveyorActors.Cli.Bench;

/// <summary>Renders the results of a contest as a table.</summary>
static class ContestTable
{
    public static string Machine =>
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}{(RuntimeFeature.IsDynamicCodeCompiled ? "" : ", a native program")}";

    public static Table Create(IReadOnlyList<ContestRow> rows)
    {
        var contest = new Table().Border(TableBorder.Markdown).AddColumns("case", "what");
        foreach (var column in new[] { "M records/s", "ratio", "lowest", "highest", "bar", "" })
            contest.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in rows)
            contest.AddRow(
                row.Name,
                row.What,
                $"{row.MillionsPerSecond:F1}",
                $"{row.Ratio:F2}",
                $"{row.Lowest:F2}",
                $"{row.Highest:F2}",
                row.Bar is { } bar ? $"{bar:0.##}" : "",
                FormatVerdict(row.IsMet)
            );
        return contest;
    }

    public static string FormatVerdict(bool? isMet) =>
        isMet switch
        {
            true => "met",
            false => "not met",
            null => "",
        };
}
