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
          conveyor demo | cat        (the story as plain lines)
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "demo",
            "Shows it all on generated records: a slow stage, sources that are slowed down and paused in time, a poison record set aside.",
            Examples
        );
        var seconds = Flag.CreateSingle("--seconds", "N", $"How long it takes. Default: {DefaultSeconds}", Seconds);
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
