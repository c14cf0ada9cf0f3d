using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>A source that a run with a data directory comes back to.</summary>
public sealed class ResumedSourceTests : DataVerbRun
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\n44\n")]
    [InlineData("\n44\n\n55")]
    public async Task A_last_line_that_is_terminated_later_is_still_the_same_line(string added)
    {
        var source = Write("in", "1\n2\n33");
        await RunWellAsync(source, At("out"), "--last-line", "take");
        File.AppendAllText(source, added);

        await RunWellAsync(source, At("out"), "--last-line", "take");
        await RunWellAsync(source, At("out"), "--last-line", "take");

        Assert.Equal("1\n2\n33" + added.TrimEnd('\n') + "\n", Read("out"));
    }

    [LinuxFact]
    public async Task A_file_read_under_another_name_is_reported_and_continues_under_that_name()
    {
        Write("in", "1\n2\n");
        await RunWellAsync(At("in"), At("out"));
        var other = Path.Combine(Folder, ".", "in");

        await AssertRefusedAsync(
            other,
            At("out"),
            $"source '{other}' is the file that an earlier run read as '{At("in")}', so all of its lines would go through again"
        );
        Assert.Equal("1\n2\n", Read("out"));

        File.Move(At("in"), At("in.1"));
        File.AppendAllText(At("in.1"), "3\n");
        Write("in", "new\n");
        await AssertRefusedAsync(At("in"), At("out"), "it is a different file with the same name");
        Write(
            "p.json",
            $$"""{ "sources": [{ "name": "{{At("in")}}", "path": "{{At("in.1")}}" }, { "name": "in, later", "path": "{{At("in")}}" }], "stages": [], "sink": "{{At("out")}}", "data": "{{State}}" }"""
        );
        Assert.Equal(
            0,
            (await TestTerminal.ConveyorAsync("run", "--progress", "none", "--pipeline", At("p.json"))).Exit
        );
        Assert.Equal(
            ["1", "2", "3", "new"],
            Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
        );
    }

    [LinuxFact]
    public async Task A_file_given_twice_stays_two_sources_in_the_next_run()
    {
        var source = Write("in", "1\n");
        string[] again = ["--source", source];
        await RunWellAsync(source, At("out"), again);
        File.AppendAllText(source, "2\n");

        await RunWellAsync(source, At("out"), again);

        Assert.Equal(["1", "1", "2", "2"], Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_short_file_that_has_grown_is_identified_by_its_new_beginning()
    {
        var source = Write("in", "");
        await RunWellAsync(source, At("out"));
        File.AppendAllText(source, "1\n2\n");
        await RunWellAsync(source, At("out"));
        await RunWellAsync(source, At("out"));
        Write("in", "8\n9\n10\n");

        await AssertRefusedAsync(source, At("out"), "its first bytes are different");
    }

    [Theory]
    [InlineData("")]
    [InlineData("--max-per-source 2 --keep-order")]
    public async Task A_line_too_long_at_the_end_of_a_file_is_reported_once(string more)
    {
        var limits = more.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var source = Write("in", "1\n" + new string('x', 2 << 20) + "\n");
        var (exit, _, error) = await RunAsync(source, At("out"), ["--dead-letters", At("bad"), .. limits]);
        Assert.True(exit == 3, error);

        await RunWellAsync(source, At("out"), ["--dead-letters", At("bad"), .. limits]);

        Assert.Single(Read("bad").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [UnixFact]
    public async Task Lines_that_were_dropped_are_not_read_again()
    {
        var source = Write("in", string.Concat(Enumerable.Range(1, 200).Select(i => $"{i}\n")));
        await RunAsync(
            source,
            At("out"),
            "--stage",
            "slow=sleep 0.3; cat",
            "--workers",
            "1",
            "--batch",
            "1",
            "--max-per-stage",
            "2",
            "--full-mode",
            "drop-newest"
        );

        var (_, _, error) = await RunAsync(source, At("out"), "--stage", "slow=cat");

        Assert.Contains("read 0 lines", error, StringComparison.Ordinal);
    }
}
