using System.Text.Json;
using ConveyorActors.Pipelines;
using Spectre.Console;

namespace ConveyorActors.Cli.Bench.Runs;

/// <summary>Measures <c>conveyor run</c>, prints the tables and writes the JSON.</summary>
static class RunBenchmarking
{
    /// <summary>Number of lines of the table that is generated if the user names no file.</summary>
    const int TableLines = 2_546_600;

    public static async Task<int> RunAsync(BenchRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            throw new PipelineInputException("--run needs /bin/sh, which Windows does not have");
        if (request.File is { } given && !File.Exists(given))
            throw new PipelineInputException($"--file is '{given}', which does not exist; it must be a file of lines");
        using var output = JsonFile.Open(request.JsonPath);
        void Report(string what)
        {
            if (terminal.ErrorIsTerminal)
                terminal.Error.Write($"\r\e[K{what} ...");
        }

        var directory = Directory.CreateTempSubdirectory("conveyor-bench-").FullName;
        try
        {
            var file = request.File is { } path ? Path.GetFullPath(path) : Path.Combine(directory, "table");
            Report("writing a table");
            if (request.File is null)
                await RunContest.WriteTableAsync(file, TableLines, cancellationToken).ConfigureAwait(false);
            var hasParallel = IsOnPath("parallel");
            var contest = new RunContest(directory, file, GetSelfCommand(), hasParallel);
            var (rows, bars, rounds) = await contest
                .RunAsync(request.Duration, Report, cancellationToken)
                .ConfigureAwait(false);
            if (terminal.ErrorIsTerminal)
                terminal.Error.Write("\r\e[K");
            Print(terminal.CreateOutConsole(), rows, bars);
            var console = terminal.CreateOutConsole();
            console.WriteLine(
                $"{contest.Lines:N0} lines, {new FileInfo(file).Length:N0} bytes; {rounds} rounds; medians; all wrote the same bytes{(hasParallel ? "" : "; GNU parallel is not on PATH")}."
            );
            console.WriteLine(ContestTable.Machine);
            if (output is not null)
            {
                var report = new RunReport(ContestTable.Machine, rounds, contest.Lines, rows, bars);
                var json = JsonSerializer.Serialize(report, BenchReports.Default.RunReport);
                await output.WriteAsync(json, cancellationToken).ConfigureAwait(false);
            }
            return ExitCodes.Done;
        }
        finally
        {
            await ScratchDirectory.DeleteAsync(directory).ConfigureAwait(false);
        }
    }

    static void Print(IAnsiConsole console, IReadOnlyList<RunRow> rows, IReadOnlyList<RunBar> bars)
    {
        var contest = new Table().Border(TableBorder.Markdown).AddColumns("case", "what");
        foreach (var column in new[] { "seconds", "processor seconds" })
            contest.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in rows)
            contest.AddRow(row.Name, row.What, $"{row.Seconds:F2}", $"{row.ProcessorSeconds:F2}");
        console.Write(contest);
        var table = new Table().Border(TableBorder.Markdown).AddColumns("bar", "what");
        foreach (var column in new[] { "figure", "at most", "" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var bar in bars)
            table.AddRow(
                bar.Name,
                bar.What,
                $"{bar.Value:F2} {bar.Unit}",
                $"{bar.Bar:0.##} {bar.Unit}",
                ContestTable.FormatVerdict(bar.IsMet)
            );
        console.Write(table);
    }

    /// <summary>Returns the shell command that starts this program.</summary>
    static string GetSelfCommand()
    {
        var process = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(process) == "dotnet";
        return isHost
            ? $"{RunContest.Quote(process)} exec {RunContest.Quote(Path.Combine(AppContext.BaseDirectory, "conveyor.dll"))}"
            : RunContest.Quote(process);
    }

    /// <summary>Returns whether a folder of PATH has a program.</summary>
    public static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(p => File.Exists(Path.Combine(p, program)));
}
