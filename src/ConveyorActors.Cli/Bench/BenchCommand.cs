using System.CommandLine;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Bench;

/// <summary>The verb <c>bench</c>: reads its options and calls the given measurement.</summary>
static class BenchCommand
{
    const int DefaultSeconds = 40;

    const string Examples = """
          conveyor bench
          conveyor bench --seconds 20 --json bench.json
          conveyor bench --data /var/tmp
          conveyor bench --run --file access.log
        """;

    /// <param name="terminal">The terminal the table is written to.</param>
    /// <param name="measure">Measures, writes its table to the terminal's output, and returns the exit code.</param>
    public static Command Create(Terminal terminal, Func<BenchRequest, Terminal, CancellationToken, Task<int>> measure)
    {
        var verb = new Verb("bench", "Measures the buffers and their rivals, with checksums.", Examples);
        var seconds = Flag.CreateSingle(
            "--seconds",
            "N",
            $"The time to spend, in seconds. At least three rounds are measured: on two cores the buffers take some 10 seconds for them, --data about a minute and --run several minutes. Default: {DefaultSeconds}",
            Values.Seconds
        );
        var json = Flag.CreateSingle("--json", "FILE", "Also write the numbers to FILE as JSON.", Values.FilePath);
        verb.Options.Add(seconds);
        var data = Flag.CreateSingle(
            "--data",
            "DIR",
            "Measure records stored on disk, in DIR, and the rivals. Files written there, and DIR if it did not exist, are deleted at the end and when a signal ends the bench.",
            Values.DirectoryPath
        );
        verb.Options.Add(json);
        verb.Options.Add(data);
        var ofRun = new Option<bool>("--run")
        {
            Description = "Compare conveyor run with a shell pipe and, where it is installed, with GNU parallel.",
        };
        var file = Flag.CreateSingle(
            "--file",
            "FILE",
            "The input file for --run. Default: a generated table of 2,546,600 lines",
            Values.FilePath
        );
        verb.Options.Add(ofRun);
        verb.Options.Add(file);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var duration = TimeSpan.FromSeconds(
                    inputErrors.Read(Values.Seconds, seconds.Name, seconds.GetText(parsed))?.Value ?? DefaultSeconds
                );
                var path = inputErrors.Read(Values.FilePath, json.Name, json.GetText(parsed))?.Value;
                var directory = inputErrors.Read(Values.DirectoryPath, data.Name, data.GetText(parsed))?.Value;
                var lines = inputErrors.Read(Values.FilePath, file.Name, file.GetText(parsed))?.Value;
                var isOfRun = parsed.GetValue(ofRun);
                if (lines is not null && !isOfRun)
                    inputErrors.Add($"{file.Name} is given without {ofRun.Name}; only {ofRun.Name} reads a file");
                if (directory is not null && isOfRun)
                    inputErrors.Add($"{data.Name} and {ofRun.Name} are both given; it must be only one of them");
                return inputErrors.Any
                    ? Task.FromResult(CommandLine.ReportUsageErrors(terminal, inputErrors.All, verb))
                    : MeasureAsync(new(duration, path, directory, isOfRun, lines), terminal, measure);
            }
        );
        return verb;
    }

    static async Task<int> MeasureAsync(
        BenchRequest request,
        Terminal terminal,
        Func<BenchRequest, Terminal, CancellationToken, Task<int>> measure
    )
    {
        // The first signal ends the measurement and deletes its files, which takes seconds; later ones change nothing.
        using var signals = new StopSignals(TimeProvider.System, static () => { }, static () => { });
        try
        {
            return await measure(request, terminal, signals.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            if (terminal.ErrorIsTerminal)
                terminal.Error.Write("\r\e[K");
            return ExitCodes.Interrupted;
        }
    }
}
