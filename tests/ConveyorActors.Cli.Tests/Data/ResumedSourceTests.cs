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

    [LinuxFact]
    public async Task A_line_too_long_whose_letter_cannot_be_written_is_read_by_the_next_run()
    {
        var source = Write("in", "1\n" + new string('x', 2 << 20) + "\n3\n");

        var (exit, _, error) = await RunAsync(source, At("out"), "--dead-letters", "/dev/full");

        Assert.Equal(1, exit);
        Assert.Contains("dead letters '/dev/full' cannot be written", error, StringComparison.Ordinal);
        Assert.Contains("not among the dead letters, and the next run reads it again", error, StringComparison.Ordinal);
        Assert.Contains("read 1 line,", error, StringComparison.Ordinal);

        (exit, _, error) = await RunAsync(source, At("out"), "--dead-letters", At("bad"));

        Assert.Equal(3, exit);
        Assert.Contains($"{source}:2: the line ", error, StringComparison.Ordinal);
        Assert.Contains("it is among the dead letters", error, StringComparison.Ordinal);
        Assert.Contains("\"line\":2,", Assert.Single(File.ReadAllLines(At("bad"))), StringComparison.Ordinal);
        Assert.Equal("1\n3\n", Read("out"));
    }

    [LinuxTheory]
    [InlineData("bad")]
    [InlineData("bad.gz")]
    public async Task A_letter_written_by_a_run_that_is_killed_before_it_stores_the_position_is_written_once(
        string letters
    )
    {
        var source = Write("in", "1\n");
        string[] more = ["--dead-letters", At(letters)];
        await RunWellAsync(source, At("out"), more);
        Copy(State, At("saved"));
        File.AppendAllText(source, new string('x', 2 << 20) + "\n");
        Assert.Equal(3, (await RunAsync(source, At("out"), more)).Exit);
        var written = File.ReadAllBytes(At(letters));
        // What is left when a run is killed after it has written the letter: the state of before, with the letter.
        Directory.Delete(State, recursive: true);
        Copy(At("saved"), State);

        Assert.Equal(3, (await RunAsync(source, At("out"), more)).Exit);

        Assert.Equal(written, File.ReadAllBytes(At(letters)));
        File.AppendAllText(source, new string('x', 2 << 20) + "\n");
        Assert.Equal(3, (await RunAsync(source, At("out"), more)).Exit);
        Assert.True(new FileInfo(At(letters)).Length > written.Length);
        await RunWellAsync(source, At("out"), more);
    }

    [Fact]
    public async Task A_line_too_long_is_reported_as_not_kept_without_a_file_of_dead_letters()
    {
        var (exit, _, error) = await RunAsync(Write("in", "1\n" + new string('x', 2 << 20) + "\n"), At("out"));

        Assert.Equal(3, exit);
        Assert.Contains("; it is not kept", error, StringComparison.Ordinal);
        Assert.DoesNotContain("among the dead letters", error, StringComparison.Ordinal);
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

    static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
