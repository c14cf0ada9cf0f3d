using System.CommandLine;
using ConveyorActors.Cli.Bench;
using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.Bench;

public class BenchCommandTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData("INT", false)]
    [InlineData("TERM", false)]
    [InlineData("INT", true)]
    [InlineData("TERM", true)]
    public async Task An_interrupted_bench_deletes_its_files_and_the_directory_that_it_created(
        string signal,
        bool isPublished
    )
    {
        string[] arguments = ["bench", "--data", Path.Combine("new", "below"), "--json", "figures.json"];
        // On the runtime, the work is done by a second process.
        using var bench = isPublished
            ? Conveyor.Start(Folder, withInput: false, arguments)
            : Conveyor.StartBuilt(Folder, arguments);
        var below = Path.Combine(Folder, "new", "below");
        await UntilAsync(() => Directory.Exists(below) && Directory.EnumerateDirectories(below, "bench-*").Any());
        bench.Signal(signal);

        var result = await bench.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder));
    }

    [LinuxFact]
    public async Task A_directory_that_cannot_be_created_is_named_before_anything_runs()
    {
        var result = await Conveyor.RunAsync(Folder, "bench", "--data", "/proc/new");

        Sane(result);
        Assert.Equal(
            (2, "conveyor: directory '/proc/new' cannot be created: the file system does not allow it\n"),
            (result.Exit, result.Error)
        );
    }

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

    static async Task UntilAsync(Func<bool> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(20))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
    }
}
