using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Bench;

/// <summary>The verb <c>bench</c>: reads its options and hands them to whoever measures.</summary>
static class BenchCommand
{
    const int DefaultSeconds = 40;

    const string Examples = """
          conveyor bench
          conveyor bench --seconds 20 --json bench.json
          conveyor bench --data /var/tmp
        """;

    /// <param name="terminal">Where the table goes.</param>
    /// <param name="measure">Measures, writes its table to the terminal's output, and answers the exit code.</param>
    public static Command Create(Terminal terminal, Func<BenchRequest, Terminal, CancellationToken, Task<int>> measure)
    {
        var verb = new Verb("bench", "Measures the buffers beside their rivals, with checksums, in under a minute.", Examples);
        var seconds = Flag.One("--seconds", "N", $"How long all of it may take. Default: {DefaultSeconds}", Values.Seconds);
        var json = Flag.One("--json", "FILE", "Write the numbers to FILE as JSON, too.", Values.FilePath);
        verb.Options.Add(seconds);
        var data = Flag.One("--data", "DIR", "Measure keeping records on disk, in DIR, beside its rivals. What is written there is removed again.", Values.DirectoryPath);
        verb.Options.Add(json);
        verb.Options.Add(data);
        verb.SetAction((parsed, cancellation) =>
        {
            var complaints = new Complaints();
            var duration = TimeSpan.FromSeconds(complaints.Read(Values.Seconds, seconds.Name, seconds.Text(parsed))?.Value ?? DefaultSeconds);
            var path = complaints.Read(Values.FilePath, json.Name, json.Text(parsed))?.Value;
            var directory = complaints.Read(Values.DirectoryPath, data.Name, data.Text(parsed))?.Value;
            return complaints.Any
                ? Task.FromResult(CommandLine.Refuse(terminal, complaints.All, verb))
                : measure(new(duration, path, directory), terminal, cancellation);
        });
        return verb;
    }
}
