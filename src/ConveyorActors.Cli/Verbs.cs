using System.CommandLine;
using ConveyorActors.Cli.Bench;
using ConveyorActors.Cli.Data;
using ConveyorActors.Cli.Demo;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Serve;
using ConveyorActors.Cli.Top;

namespace ConveyorActors.Cli;

/// <summary>Returns all verbs.</summary>
static class Verbs
{
    public static IEnumerable<Command> CreateAll(Terminal terminal) =>
        [
            RunCommand.Create(terminal),
            DemoCommand.Create(terminal),
            BenchCommand.Create(terminal, Benchmarking.RunAsync),
            InspectCommand.Create(terminal),
            PeekCommand.Create(terminal),
            DrainCommand.Create(terminal),
            DeadLettersCommand.Create(terminal, TimeProvider.System),
            FsckCommand.Create(terminal),
            ServeCommand.Create(terminal),
            TopCommand.Create(terminal),
            StagesCommand.Create(terminal),
            SourcesCommand.Create(terminal),
            WhyCommand.Create(terminal),
            AuditCommand.Create(terminal),
            LimitsCommand.Create(terminal),
        ];
}
