using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace ConveyorActors.Cli.Bench;

/// <summary>Measures, prints the table and writes the JSON.</summary>
static class Benchmarking
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Answers 0 when every checksum was right, whatever the figures: a busy machine is no fault.</summary>
    public static async Task<int> RunAsync(BenchRequest request, Terminal terminal, CancellationToken cancellation)
    {
        if (request.Data is not null) return await Stores.StoreBenchmarking.RunAsync(request, terminal, cancellation).ConfigureAwait(false);
        void Tell(string what)
        {
            if (terminal.ErrorIsTerminal) terminal.Error.Write($"\r\e[K{what} ...");
        }

        // The costs take about a quarter of the time, the contest gets the rest.
        var costs = Costs.Measure(Tell, cancellation);
        var (rows, rounds) = await Contest.RunAsync(request.Duration * 0.75, Tell, cancellation).ConfigureAwait(false);
        if (terminal.ErrorIsTerminal) terminal.Error.Write("\r\e[K");
        var machine = $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}";
        Print(terminal.OutConsole(), rows, costs, rounds, machine);
        if (request.JsonPath is { } path)
        {
            var json = JsonSerializer.Serialize(new { machine, rounds, contest = rows, costs }, Indented);
            await File.WriteAllTextAsync(path, json + "\n", cancellation).ConfigureAwait(false);
        }
        return ExitCodes.Done;
    }

    static void Print(IAnsiConsole console, IReadOnlyList<ContestRow> rows, IReadOnlyList<CostRow> costs, int rounds, string machine)
    {
        var contest = new Table().Border(TableBorder.Markdown).AddColumns("case", "what");
        foreach (var column in new[] { "M records/s", "ratio", "lowest", "highest", "bar", "" }) contest.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in rows)
            contest.AddRow(
                row.Name, row.What, $"{row.MillionsPerSecond:F1}", $"{row.Ratio:F2}", $"{row.Lowest:F2}", $"{row.Highest:F2}",
                row.Bar is { } bar ? $"{bar:F0}" : "", Verdict(row.IsMet));
        console.Write(contest);
        var cost = new Table().Border(TableBorder.Markdown).AddColumns("cost", "what");
        foreach (var column in new[] { "figure", "at most", "" }) cost.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in costs) cost.AddRow(row.Name, row.What, $"{row.Value:F2} {row.Unit}", $"{row.Ceiling:0.##} {row.Unit}", Verdict(row.IsMet));
        console.Write(cost);
        console.WriteLine($"{rounds} rounds; medians; ratio: to channel_bounded in the same round, with one producer and one consumer; every checksum was right.");
        console.WriteLine(machine);
    }

    static string Verdict(bool? isMet) => isMet switch { true => "met", false => "not met", null => "" };
}
