using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node.Demo;

/// <summary>Defines the verb <c>demo</c>.</summary>
static class DemoCommand
{
    public static Command Create()
    {
        var verb = new Command(
            "demo",
            "Starts three nodes, a producer and a consumer on this machine, kills a node, and shows that nothing acknowledged as persisted is lost."
        );
        var flags = new NodeFlags();
        verb.Options.Add(flags.Journal);
        verb.Options.Add(flags.Fast);
        var verbose = new Option<bool>("--verbose")
        {
            Description = "Also print the output of the processes, with their process ids",
        };
        verb.Options.Add(verbose);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var given = NodeArguments.Read(flags, parsed, Environment.GetEnvironmentVariable, inputErrors);
                return inputErrors.Any
                    ? Task.FromResult(CommandLine.ReportUsageErrors(inputErrors.All))
                    : new ClusterDemo(given, parsed.GetValue(verbose), Console.Out, TimeProvider.System).RunAsync();
            }
        );
        return verb;
    }
}
