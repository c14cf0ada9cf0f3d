using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>sources</c>: lists the sources of a running server.</summary>
static class SourcesCommand
{
    const string Examples = """
          conveyor sources
          conveyor sources --pipeline-name orders --json
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new("sources", "Lists the sources of a running server with their signals and numbers.", Examples)
        );
        verb.Verb.SetAction(
            (parsed, _) => verb.RunAsync(parsed, new InputErrors(), new(HttpMethod.Get, "v1/pipelines/{0}/sources"))
        );
        return verb.Verb;
    }
}
