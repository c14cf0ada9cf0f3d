using System.Text.Json;
using Spectre.Console;

namespace ConveyorActors.Cli.Bench.Stores;

/// <summary>Measures how fast records are kept on disk, prints the tables and writes the JSON.</summary>
static class StoreBenchmarking
{
    public static async Task<int> RunAsync(BenchRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        using var output = JsonFile.Open(request.JsonPath);
        void Report(string what)
        {
            if (terminal.ErrorIsTerminal)
                terminal.Error.Write($"\r\e[K{what} ...");
        }

        var (rows, bars, rounds) = await MeasureAsync(request, Report, cancellationToken).ConfigureAwait(false);
        if (terminal.ErrorIsTerminal)
            terminal.Error.Write("\r\e[K");
        var machine = ContestTable.Machine;
        var console = terminal.CreateOutConsole();
        var contest = new Table()
            .Border(TableBorder.Markdown)
            .AddColumns("case", "what")
            .AddColumn(new TableColumn("records/s").RightAligned());
        foreach (var row in rows)
            contest.AddRow(row.Name, row.What, $"{row.PerSecond:N0}");
        console.Write(contest);
        var table = new Table().Border(TableBorder.Markdown).AddColumns("bar", "what");
        foreach (var column in new[] { "figure", "bar", "" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var bar in bars)
            table.AddRow(
                bar.Name,
                bar.What,
                $"{bar.Value:F2} {bar.Unit}",
                $"{(bar.IsCeiling ? "at most" : "at least")} {bar.Bar:0.##} {bar.Unit}",
                bar.IsMet ? "met" : "not met"
            );
        console.Write(table);
        console.WriteLine(
            $"{rounds} rounds; medians; records of {StoreContest.RecordBytes} bytes, 64 producers that each wait for one before they offer the next; what was kept was counted."
        );
        console.WriteLine(machine);
        if (output is not null)
        {
            var report = new StoreReport(machine, rounds, rows, bars);
            var json = JsonSerializer.Serialize(report, BenchReports.Default.StoreReport);
            await output.WriteAsync(json, cancellationToken).ConfigureAwait(false);
        }
        return ExitCodes.Done;
    }

    static async Task<(IReadOnlyList<StoreRow> Rows, IReadOnlyList<StoreBar> Bars, int Rounds)> MeasureAsync(
        BenchRequest request,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var created = ScratchDirectory.Create(request.Data!, "directory");
        try
        {
            return await StoreContest
                .RunAsync(request.Data!, request.Duration, report, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            ScratchDirectory.DeleteEmpty(created);
        }
    }
}
