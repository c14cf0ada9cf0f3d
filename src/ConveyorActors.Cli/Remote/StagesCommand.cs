using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>stages</c>: lists the stages of a running server.</summary>
static class StagesCommand
{
    const string Examples = """
          conveyor stages
          conveyor stages --url https://buffers.example.org --pipeline-name orders --json
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new("stages", "Lists the stages of a running server with their numbers.", Examples)
        );
        verb.Verb.SetAction(
            (parsed, _) => verb.RunAsync(parsed, new InputErrors(), new(HttpMethod.Get, "v1/pipelines/{0}/stages"))
        );
        return verb.Verb;
    }
}
