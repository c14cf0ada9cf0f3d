using System.CommandLine;
using ConveyorActors.Cli.Bench;

namespace ConveyorActors.Cli.Tests.Bench;

public class BenchCommandTests
{
    [Fact]
    public async Task Options_reach_the_benchmark()
    {
        BenchRequest? asked = null;
        var terminal = new TestTerminal();
        var command = BenchCommand.Create(
            terminal.Terminal,
            (request, _, _) =>
            {
                asked = request;
                return Task.FromResult(0);
            }
        );

        var exit = await command.Parse(["--seconds", "7", "--json", "out.json"]).InvokeAsync();

        Assert.Equal(0, exit);
        Assert.Equal(new BenchRequest(TimeSpan.FromSeconds(7), "out.json"), asked);
    }

    [Fact]
    public async Task A_wrong_value_starts_no_measurement()
    {
        var terminal = new TestTerminal();
        var command = BenchCommand.Create(
            terminal.Terminal,
            (_, _, _) => throw new InvalidOperationException("must not be called")
        );

        var exit = await command
            .Parse(["--seconds", "0", "--json", "-", "--data", Environment.ProcessPath!])
            .InvokeAsync();

        Assert.Equal(2, exit);
        Assert.Contains(
            "--seconds is '0'; it must be a whole number from 1 to 3,600 seconds",
            terminal.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("--json is '-'; it must be the path of a file", terminal.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"--data is '{Environment.ProcessPath}'; it must be the path of a directory",
            terminal.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("see conveyor bench --help", terminal.Error, StringComparison.Ordinal);
    }
}
