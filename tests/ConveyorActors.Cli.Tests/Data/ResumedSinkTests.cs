using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>A sink that a run with a data directory comes back to.</summary>
public sealed class ResumedSinkTests : DataVerbRun
{
    [Fact]
    public async Task Data_written_to_the_sink_by_others_between_runs_is_reported_and_kept()
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        File.AppendAllText(At("out"), "theirs\n");

        await AssertRefusedAsync(
            source,
            At("out"),
            "has 11 bytes, but an earlier run left it with 4 bytes: another program has written to it"
        );

        Assert.Equal("1\n2\ntheirs\n", Read("out"));
    }

    [Fact]
    public async Task A_missing_sink_is_reported_and_not_created()
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        File.Delete(At("out"));

        await AssertRefusedAsync(source, At("out"), "does not exist, but 4 bytes had been written to it");

        Assert.False(File.Exists(At("out")));
    }

    [LinuxFact]
    public async Task A_device_can_be_a_sink_again()
    {
        var source = Write("in", "1\n");
        await RunWellAsync(source, "/dev/null");
        File.AppendAllText(source, "2\n");

        var (exit, _, error) = await RunAsync(source, "/dev/null");

        Assert.Equal(0, exit);
        Assert.Contains("read 1 line, wrote 1", error, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_file_is_not_emptied_if_the_previous_run_wrote_to_standard_output()
    {
        var source = Write("in", "1\n");
        await TestTerminal.ConveyorAsync(
            "run",
            "--progress",
            "none",
            "--data",
            State,
            "--source",
            source,
            "--stage",
            "none=grep x",
            "--ok-exit",
            "none=0,1"
        );
        Write("out", "kept\n");

        await AssertRefusedAsync(
            source,
            At("out"),
            "is not the sink of the earlier run, which was standard output",
            "--stage",
            "none=grep x",
            "--ok-exit",
            "none=0,1"
        );

        Assert.Equal("kept\n", Read("out"));
    }

    [Fact]
    public async Task Files_of_the_data_directory_cannot_be_outputs()
    {
        var source = Write("in", "1\n");
        await RunWellAsync(source, At("out"));
        var before = File.ReadAllBytes(Path.Combine(State, "conveyor.db"));

        await AssertRefusedAsync(source, Path.Combine(State, "conveyor.db"), "it must be another file");
        await AssertRefusedAsync(
            source,
            At("out"),
            "it must be another file",
            "--dead-letters",
            Path.Combine(State, "..", "state", "last")
        );
        Assert.Equal(
            2,
            (await TestTerminal.ConveyorAsync("drain", State, "(sink)", "--to", Path.Combine(State, "lock"))).Exit
        );

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(State, "conveyor.db")));
    }

    [Theory]
    [InlineData("typo")]
    [InlineData("not/there/yet")]
    public async Task A_run_that_is_refused_leaves_no_new_data_directory_behind(string mistyped)
    {
        var source = Write("in", "1\n");
        Write("out", "kept\n");

        var (exit, _, error) = await TestTerminal.ConveyorAsync(
            "run",
            "--progress",
            "none",
            "--data",
            At(mistyped),
            "--source",
            source,
            "--sink",
            At("out")
        );

        Assert.Equal(2, exit);
        Assert.Contains("bytes that are unknown to the data directory", error, StringComparison.Ordinal);
        Assert.Equal("kept\n", Read("out"));
        Assert.False(Directory.Exists(At(mistyped.Split('/')[0])));
    }

    [Fact]
    public async Task An_existing_data_directory_stays_when_a_run_is_refused()
    {
        Directory.CreateDirectory(At("mine"));
        var source = Write("in", "1\n");
        Write("out", "kept\n");

        Assert.Equal(
            2,
            (
                await TestTerminal.ConveyorAsync(
                    "run",
                    "--progress",
                    "none",
                    "--data",
                    At("mine"),
                    "--source",
                    source,
                    "--sink",
                    At("out")
                )
            ).Exit
        );

        Assert.True(Directory.Exists(At("mine")));
    }

    [Fact]
    public async Task A_sink_that_cannot_be_written_is_not_recorded_as_the_sink_of_the_run()
    {
        var source = Write("in", "1\n");
        await AssertRefusedAsync(source, At("nowhere/out"), "no such directory");

        await RunWellAsync(source, At("out"));

        Assert.Equal("1\n", Read("out"));
    }

    [UnixFact]
    public async Task Dead_letters_of_earlier_runs_stay_in_their_file_if_the_sink_is_not_a_file()
    {
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            State,
            "--source",
            At("in"),
            "--stage",
            "s=grep -v bad",
            "--retries",
            "0",
            "--dead-letters",
            At("letters"),
        ];
        Write("in", "bad 1\n");
        Assert.Equal(3, (await TestTerminal.ConveyorAsync(arguments)).Exit);
        File.AppendAllText(At("in"), "bad 2\n");

        Assert.Equal(3, (await TestTerminal.ConveyorAsync(arguments)).Exit);

        Assert.Equal(2, Read("letters").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }
}
