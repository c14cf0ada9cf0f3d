using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>audit</c>: checks that the numbers of a running server add up at every level.</summary>
static class AuditCommand
{
    const string Examples = """
          conveyor audit
          conveyor audit --json && echo 'everything adds up'

        Exit codes: 0 everything adds up, 1 a level does not add up or the server does not reply, 2 wrong usage.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new(
                "audit",
                "Shows that offered = settled + lost by reason + pending at every level of a running server, and exits with 1 if it does not.",
                Examples
            )
        );
        verb.Verb.SetAction((parsed, _) => verb.RunAsync(parsed, new InputErrors(), new(HttpMethod.Get, "v1/audit")));
        return verb.Verb;
    }
}
