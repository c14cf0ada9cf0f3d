using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Tests.EndToEnd;
using ConveyorActors.Storage;
using ConveyorActors.Storage.Tests.Disks;

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

    [LinuxTheory]
    [InlineData("letters", 4, "2 dead letters, written to", "bad 1", "bad 2", "bad 3")]
    [InlineData("letters", 1, "1 dead letter, written to", "bad 1", "bad 2", "bad 3")]
    [InlineData("letters.gz", 8, "2 dead letters, written to", "bad 1", "bad 2", "bad 3")]
    [InlineData("letters.gz", 100, "2 dead letters, written to", "bad 1", "bad 2", "bad 3")]
    public async Task A_torn_last_letter_is_cut_off_and_written_again(
        string name,
        int missing,
        string says,
        params string[] texts
    )
    {
        var source = Write("in", "bad 1\nbad 2\n");
        string[] arguments = [.. Failing, "--batch", "1", "--workers", "1", "--dead-letters", At(name)];
        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);
        CutEnd(name, missing);
        File.AppendAllText(source, "bad 3\n");

        var (exit, _, error) = await RunAsync(source, At("out"), arguments);

        Assert.Equal(3, exit);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Equal(missing > 1, error.Contains("ended with an incomplete letter of ", StringComparison.Ordinal));
        Assert.Equal(texts, ReadTexts(name));
    }

    [LinuxTheory]
    [InlineData("letters", 4)]
    [InlineData("letters.gz", 8)]
    public async Task A_torn_last_letter_is_written_again_by_a_run_without_new_letters(string name, int missing)
    {
        var source = Write("in", "bad 1\nbad 2\n");
        string[] arguments = [.. Failing, "--batch", "1", "--workers", "1", "--dead-letters", At(name)];
        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);
        CutEnd(name, missing);

        var (exit, _, error) = await RunAsync(source, At("out"), arguments);

        Assert.Equal(0, exit);
        Assert.Contains("1 dead letter, written to", error, StringComparison.Ordinal);
        Assert.Equal(["bad 1", "bad 2"], ReadTexts(name));
    }

    [LinuxTheory]
    [InlineData("letters", 1)]
    [InlineData("letters.gz", 0)]
    public async Task A_letter_without_its_line_break_is_kept_if_the_directory_has_lost_it(string name, int missing)
    {
        var source = Write("in", "bad 1\n");
        string[] arguments = [.. Failing, "--batch", "1", "--dead-letters", At(name)];
        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);
        if (missing > 0)
            CutEnd(name, missing);
        else
            Compress(name, ReadAll(name).TrimEnd('\n'));
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("dead-letters", State, "--purge")).Exit);
        File.AppendAllText(source, "bad 2\n");

        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);

        Assert.Equal(["bad 1", "bad 2"], ReadTexts(name));
    }

    [LinuxTheory]
    [InlineData("{0}{0}")]
    [InlineData("other data\n")]
    public async Task A_truncated_gzip_file_that_does_not_end_with_one_letter_is_refused_and_unchanged(string content)
    {
        var source = Write("in", "bad 1\n");
        string[] arguments = [.. Failing, "--dead-letters", At("letters.gz")];
        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);
        Compress("letters.gz", content.Replace("{0}", ReadAll("letters.gz"), StringComparison.Ordinal));
        CutEnd("letters.gz", 8);
        var before = File.ReadAllBytes(At("letters.gz"));

        await AssertRefusedAsync(source, At("out"), "cannot be appended to: ", arguments);

        Assert.Equal(before, File.ReadAllBytes(At("letters.gz")));
    }

    [SmallDiskFact]
    public async Task Dead_letters_of_a_full_file_are_not_counted_as_earlier_ones()
    {
        using var disk = new SmallDisk("64k");
        var source = Write("in", "bad 1\n");
        Assert.Equal(3, (await RunAsync(source, At("out"), Failing)).Exit);
        File.AppendAllText(source, "bad 2\n");
        disk.Fill();
        string[] arguments = [.. Failing, "--dead-letters", disk["letters"]];

        var (exit, _, error) = await RunAsync(source, At("out"), arguments);

        Assert.Equal(1, exit);
        Assert.Contains(
            $" not written to {disk["letters"]}; the same command writes ",
            error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("no dead letters in this run", error, StringComparison.Ordinal);
        Assert.DoesNotContain("from earlier runs", error, StringComparison.Ordinal);
        disk.MakeRoom();
        Assert.Equal(3, (await RunAsync(source, At("out"), arguments)).Exit);
        Assert.Equal(2, File.ReadAllLines(disk["letters"]).Length);
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

    void CutEnd(string name, int missing)
    {
        using var file = File.OpenWrite(At(name));
        file.SetLength(file.Length - missing);
    }

    void Compress(string name, string text)
    {
        using var gzip = new GZipStream(File.Create(At(name)), CompressionLevel.Fastest);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }

    string ReadAll(string name)
    {
        if (!name.EndsWith(".gz", StringComparison.Ordinal))
            return Read(name);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(At(name)), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    /// <summary>Returns the texts of the letters in a file whose lines must all be JSON.</summary>
    IEnumerable<string?> ReadTexts(string name) =>
        ReadAll(name)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("text").GetString());

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
