using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Tests.EndToEnd;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>
/// Files that a run with a data directory writes: known by what they are, and never emptied or cut where somebody
/// else's lines would go.
/// </summary>
public sealed class OwnedFilesTests : DataVerbRun
{
    static readonly string[] Failing = ["--stage", "k=grep -v bad", "--retries", "0"];

    [LinuxFact]
    public async Task A_sink_unknown_to_the_data_directory_is_not_emptied()
    {
        var source = Write("in", "1\n2\n");
        Write("out", "results of a month\n");

        await AssertRefusedAsync(source, At("out"), "has 19 bytes that are unknown to the data directory");

        Assert.Equal("results of a month\n", Read("out"));
        Write("out", "");
        await RunWellAsync(source, At("out"));
        Assert.Equal("1\n2\n", Read("out"));
    }

    [LinuxFact]
    public async Task A_missing_log_does_not_empty_the_sink()
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        Directory.Delete(State, recursive: true);

        await AssertRefusedAsync(source, At("out"), "bytes that are unknown to the data directory");

        Assert.Equal("1\n2\n", Read("out"));
    }

    [LinuxTheory]
    [InlineData("settled\n", true)]
    [InlineData("settled\ntwo\non", true)]
    [InlineData("settled\nmine\n", false)]
    [InlineData("settled\none\nmine\n", false)]
    [InlineData("changed\none\n", false)]
    [InlineData("settle", false)]
    public async Task Only_bytes_written_by_the_killed_run_are_removed_from_its_sink(string left, bool goesOn)
    {
        await LeaveAsync("settled\n", isOpen: true, "one", "two");
        Write("out", left);

        var (exit, _, error) = await RunAsync("/dev/null", At("out"));

        Assert.Equal(goesOn ? 0 : 2, exit);
        Assert.Equal(goesOn ? "settled\none\ntwo\n" : left, Read("out"));
        if (!goesOn)
            Assert.Matches("another program has written to it|are different|had been written to it", error);
    }

    [LinuxFact]
    public async Task A_copy_in_place_of_the_sink_is_reported_and_continued()
    {
        await LeaveAsync("settled\n", isOpen: false, "one");
        File.Move(At("out"), At("old"));
        File.Copy(At("old"), At("out"));

        var (exit, _, error) = await RunAsync("/dev/null", At("out"));

        Assert.Equal(0, exit);
        Assert.Contains(
            "is not the file that an earlier run wrote, but has the same end",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal("settled\none\n", Read("out"));
    }

    [LinuxTheory]
    [InlineData("out")]
    [InlineData("./state/../out")]
    [InlineData("hard")]
    [InlineData("symbolic")]
    public async Task The_sink_of_a_killed_run_is_refused_as_a_drain_file(string to)
    {
        await LeaveAsync("settled\n", isOpen: true, "one");
        await Conveyor.ScriptAsync(Folder, "ln out hard; ln -s out symbolic");

        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", State, "(sink)", "--to", At(to));

        Assert.Equal(2, exit);
        Assert.Contains("the sink of a killed run", error, StringComparison.Ordinal);
        Assert.Equal("settled\n", Read("out"));
        await RunWellAsync("/dev/null", At("out"));
        Assert.Equal("settled\none\n", Read("out"));
    }

    [LinuxTheory]
    [InlineData("run --source in --sink out --data STATE --dead-letters db")]
    [InlineData("run --source in --sink db --data STATE")]
    [InlineData("run --source db --sink out --data STATE")]
    [InlineData("drain STATE (sink) --to db")]
    public async Task Other_names_of_data_directory_files_are_neither_read_nor_written(string words)
    {
        await LeaveAsync("settled\n", isOpen: false, "one");
        Write("in", "1\n");
        await Conveyor.ScriptAsync(Folder, "ln state/conveyor.db db");
        var before = File.ReadAllBytes(At("db"));

        var (exit, _, error) = await TestTerminal.ConveyorAsync([
            .. words
                .Split(' ')
                .Select(w =>
                    w == "STATE" ? State
                    : w is "in" or "out" or "db" ? At(w)
                    : w
                ),
        ]);

        Assert.Equal(2, exit);
        Assert.Contains("is also the data directory's file", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(At("db")));
    }

    [LinuxFact]
    public async Task Dead_letters_of_earlier_runs_are_written_once_to_a_file_given_later()
    {
        var source = Write("in", "bad 1\nbad 2\n");
        Assert.Equal(3, (await RunAsync(source, At("out"), Failing)).Exit);

        var (exit, _, error) = await RunAsync(source, At("out"), [.. Failing, "--dead-letters", At("letters")]);

        Assert.Equal(0, exit);
        Assert.Contains(
            "2 dead letters, written to " + At("letters") + ", 2 of them from earlier runs",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal(2, Letters());
        File.AppendAllText(source, "bad 3\n");
        (exit, _, error) = await RunAsync(source, At("out"), [.. Failing, "--dead-letters", At("letters")]);
        Assert.Equal(3, exit);
        Assert.StartsWith("done, but 1 line did not go through; ", error, StringComparison.Ordinal);
        Assert.Contains("1 dead letter, written to " + At("letters"), error, StringComparison.Ordinal);
        Assert.Equal(3, Letters());
        (exit, _, error) = await RunAsync(source, At("out"), [.. Failing, "--dead-letters", At("letters")]);
        Assert.Equal(0, exit);
        Assert.Contains("no dead letters in this run; 3 of earlier runs are kept in", error, StringComparison.Ordinal);
        Assert.Equal(3, Letters());
    }

    [LinuxTheory]
    [InlineData("", 1)]
    [InlineData("not a letter\n", 2)]
    [InlineData("{\"stage\":\"k\",\"source\":\"half of o", 2)]
    public async Task An_existing_dead_letter_file_is_kept_and_missing_letters_are_added(string left, int lines)
    {
        var source = Write("in", "bad 1\n");
        Assert.Equal(3, (await RunAsync(source, At("out"), [.. Failing, "--dead-letters", At("letters")])).Exit);
        Write("letters", left);

        Assert.Equal(0, (await RunAsync(source, At("out"), [.. Failing, "--dead-letters", At("letters")])).Exit);

        Assert.StartsWith(left, Read("letters"), StringComparison.Ordinal);
        Assert.Equal(lines, Letters());
        Assert.Contains("\"text\":\"bad 1\"", Read("letters").Split('\n')[^2], StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Kept_lines_that_exceed_new_limits_are_dead_letters_in_the_file()
    {
        await LeaveAsync("", isOpen: false, new string('x', 2_000), "one");

        var (exit, _, error) = await RunAsync(
            "/dev/null",
            At("out"),
            "--max-line",
            "1KiB",
            "--max-bytes",
            "1KiB",
            "--dead-letters",
            At("letters")
        );

        var isWritten = File.Exists(At("letters")) && Read("letters").Length > 0;
        Assert.Equal(isWritten, error.Contains("written to", StringComparison.Ordinal));
        Assert.Equal(isWritten ? 3 : 0, exit);
        Assert.Equal(isWritten ? 1 : 2, Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    int Letters() => Read("letters").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>A sink and a data directory as a run leaves them, with lines that wait for the sink.</summary>
    async Task LeaveAsync(string settled, bool isOpen, params string[] waiting)
    {
        if (settled.Length > 0)
        {
            var lines = Write("first", settled);
            await RunWellAsync(lines, At("out"));
        }
        else
            await RunWellAsync("/dev/null", At("out"));
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(State)))
            await service.BufferBatchForStageAsync(
                "run",
                "(sink)",
                "in",
                waiting.Select(t => new Buffers.ConveyorRecord("", System.Text.Encoding.UTF8.GetBytes(t))).ToArray()
            );
        await using var directory = DataDirectory.Open(State);
        var mark = directory.GetCheckpoint("run", "sink")!;
        if (isOpen)
            await directory.SetCheckpointAsync(
                "run",
                new("sink", mark.Replace(" closed:", " open:", StringComparison.Ordinal))
            );
    }
}
