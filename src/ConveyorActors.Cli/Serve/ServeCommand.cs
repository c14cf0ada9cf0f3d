using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Serve;

/// <summary>The verb <c>serve</c>: serves buffers over HTTP.</summary>
static class ServeCommand
{
    const string Examples = """
          conveyor serve
          conveyor serve --data ./state --max-per-stage 50000 --duplicates 100000
          curl --data-binary @access.log 'http://127.0.0.1:7070/v1/pipelines/logs/stages/slim/records?source=web'

          On an address that other machines can reach, with a key and TLS:
            CONVEYOR_API_KEY=... conveyor serve --listen 0.0.0.0:7070 --tls-certificate server.pem --tls-key server.key --allow-host buffers.example.org

        Every flag can be given in appsettings.json in the current directory, { "Conveyor": { "MaxPerStage": 50000 } }, and as an environment variable, Conveyor__MaxPerStage=50000.
        A flag overrides a variable, and a variable overrides the file. --allow-host is a list: "AllowHost": ["a", "b"].

        SIGTERM and Ctrl-C stop the server: offers are refused, and consumers have --stop-deadline to finish. Remaining records stay in the data directory; without one they are lost.
        A second signal exits at once.

        Exit codes: 0 everything is settled or on disk, 3 records that were only in memory are lost, 2 wrong usage, 130 exited at once, 1 the server failed.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "serve",
            "Serves buffers over HTTP: records in, leases out, inspection, metrics.",
            Examples
        );
        var flags = new ServeFlags();
        flags.AddTo(verb);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var settings = flags.Read(parsed, inputErrors);
                return settings is not null && !inputErrors.Any
                    ? new ServeSession(terminal, TimeProvider.System).RunAsync(settings)
                    : Task.FromResult(CommandLine.ReportUsageErrors(terminal, inputErrors.All, verb));
            }
        );
        return verb;
    }
}
