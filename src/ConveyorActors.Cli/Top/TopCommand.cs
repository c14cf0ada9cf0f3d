using System.CommandLine;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Top;

/// <summary>The verb <c>top</c>: shows the state of a running server.</summary>
static class TopCommand
{
    const string Examples = """
          conveyor top
          conveyor top --url https://buffers.example.org --api-key-file key
          conveyor top --once
          conveyor top --json | jq --unbuffered '.acceptedPerSecond'

        Ctrl-C ends it. If standard output is not a terminal, it prints once. If the connection is lost, it reports that and connects again.

        Exit codes: 0 done, 1 the server does not reply or has no pipeline, 2 wrong usage.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "top",
            "Shows a running server live: fills, records in flight, oldest records, rates, signals, credits, leases, and whether everything adds up.",
            Examples
        );
        var flags = new ServerFlags();
        flags.AddTo(verb);
        var once = new Option<bool>("--once")
        {
            Description = "Print once, with rates measured over one second, and end.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print the numbers of each pipeline every second, as a line of JSON.",
        };
        verb.Options.Add(once);
        verb.Options.Add(json);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var target = flags.Read(parsed, inputErrors);
                if (inputErrors.Any)
                    return Task.FromResult(CommandLine.ReportUsageErrors(terminal, inputErrors.All, verb));
                var session = new TopSession(terminal, target, TimeProvider.System);
                var isJson = parsed.GetValue(json);
                return parsed.GetValue(once) || !isJson && !terminal.OutIsTerminal
                    ? session.ShowOnceAsync(isJson)
                    : session.ShowLiveAsync(isJson);
            }
        );
        return verb;
    }
}
