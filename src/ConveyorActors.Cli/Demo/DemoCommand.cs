using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Demo;

/// <summary>The verb <c>demo</c>: shows backpressure on generated records.</summary>
static class DemoCommand
{
    const int DefaultSeconds = 20;

    static readonly ValueKind<int> Seconds = Values.CreateWholeNumber(5, 600, " seconds");

    const string Examples = """
          conveyor demo
          conveyor demo --seconds 60
          conveyor demo | cat        (as plain lines of text)
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "demo",
            "Demonstrates flow control with generated records: a slow stage, sources that are slowed down and paused, and a poison record that becomes a dead letter.",
            Examples
        );
        var seconds = Flag.CreateSingle(
            "--seconds",
            "N",
            $"The length of the demo in seconds. Default: {DefaultSeconds}",
            Seconds
        );
        verb.Options.Add(seconds);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var length = inputErrors.Read(Seconds, seconds.Name, seconds.GetText(parsed))?.Value ?? DefaultSeconds;
                return inputErrors.Any
                    ? Task.FromResult(CommandLine.ReportUsageErrors(terminal, inputErrors.All, verb))
                    : new DemoSession(
                        terminal,
                        new DemoPlan(TimeSpan.FromSeconds(length)),
                        TimeProvider.System
                    ).RunAsync();
            }
        );
        return verb;
    }
}
