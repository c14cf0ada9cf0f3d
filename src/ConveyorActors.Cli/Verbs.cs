using System.CommandLine;
using ConveyorActors.Cli.Bench;
using ConveyorActors.Cli.Data;
using ConveyorActors.Cli.Demo;
using ConveyorActors.Cli.Run;

namespace ConveyorActors.Cli;

/// <summary>Every verb, one line each.</summary>
static class Verbs
{
    public static IEnumerable<Command> All(Terminal terminal) =>
    [
        RunCommand.Create(terminal),
        DemoCommand.Create(terminal),
        BenchCommand.Create(terminal, Benchmarking.RunAsync),
        InspectCommand.Create(terminal),
        PeekCommand.Create(terminal),
        DrainCommand.Create(terminal),
        DeadLettersCommand.Create(terminal, TimeProvider.System),
        FsckCommand.Create(terminal),
    ];
}
