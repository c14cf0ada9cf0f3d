namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// conveyor run --data: stopped, killed and started again. CONVEYOR_RUN_KILLS says how often (default 25).
/// </summary>
public class DataTests : EndToEndTests
{
    const int Lines = 60_000,
        FewestHalfDone = 3;

    static readonly int Kills = Thoroughness.Count("CONVEYOR_RUN_KILLS", 10, 25);

    [LinuxFact]
    public Task A_run_killed_repeatedly_writes_the_same_bytes_as_an_undisturbed_run() =>
        Killed(
            ordered: true,
            inMemory: "12KiB",
            "--stage",
            // One command in fifty fails, each by itself: srand() of awk would let all commands of a second fail.
            "a=[ $(od -An -N1 -tu1 /dev/urandom) -ge 5 ] || exit 7; cat",
            "--stage",
            "twice=awk '{ print \"1:\" $0; print \"2:\" $0 }'",
            "--keep-order",
            "--workers",
            "2",
            "--batch",
            "200",
            "--retries",
            "1000",
            "--max-per-stage",
            "300",
            "--max-per-source",
            "700"
        );

    [LinuxFact]
    public Task A_run_killed_repeatedly_writes_every_line_once_without_an_order() =>
        Killed(
            ordered: false,
            inMemory: "64KiB",
            "--stage",
            "a=cat",
            "--stage",
            "twice=awk '{ print \"1:\" $0; print \"2:\" $0 }'",
            "--workers",
            "3",
            "--batch",
            "300"
        );

    [LinuxFact]
    public Task A_run_without_stages_that_is_killed_copies_the_file() => Killed(ordered: true, inMemory: "64MiB");

    async Task Killed(bool ordered, string inMemory, params string[] stages)
    {
        Numbers("in", Lines);
        string[] arguments = ["--source", "in", .. stages];
        var undisturbed = await RunAsync([.. arguments, "--sink", "undisturbed"]);
        Sane(undisturbed);
        Assert.True(undisturbed.Exit == 0, undisturbed.Error);
        var whole = Length("undisturbed");
        var lives = new Lives(
            () => Start(["--data", "state", "--max-in-memory", inMemory, .. arguments, "--sink", "out"]),
            () => Length("out"),
            length => length >= whole
        )
        {
            Fewest = FewestHalfDone,
        };
        while (await lives.LiveAsync(Kills) is { } end && lives.HalfDone < FewestHalfDone)
        {
            Assert.Equal(0, end.Exit);
            // It was through before it could be killed often enough: once more from the beginning, with less time each.
            Directory.Delete(Path.Combine(Folder, "state"), recursive: true);
            File.Delete(Path.Combine(Folder, "out"));
            lives.Longest = Math.Max(5, lives.Longest / 2);
        }
        var last = await RunAsync(["--data", "state", "--max-in-memory", inMemory, .. arguments, "--sink", "out"]);
        Sane(last);
        Assert.Equal(0, last.Exit);
        var (expected, found) = (Read("undisturbed"), Read("out"));
        if (ordered)
            Assert.True(expected == found, $"after {lives.Kills} kills: {Difference(expected, found)}");
        else
            Assert.Equal(
                expected.Split('\n').Order(StringComparer.Ordinal),
                found.Split('\n').Order(StringComparer.Ordinal)
            );
        Assert.True(
            lives.HalfDone >= FewestHalfDone,
            $"only {lives.HalfDone} of {lives.Kills} kills found it half done"
        );
    }

    [LinuxFact]
    public async Task A_stopped_run_continues_where_it_stopped_and_reports_it()
    {
        Numbers("in", 100);
        string[] arguments =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "slow=touch started; sleep 1; cat",
            "--batch",
            "10",
            "--workers",
            "1",
            "--sink",
            "out",
        ];
        using (var conveyor = Start(arguments))
        {
            var start = TimeProvider.System.GetTimestamp();
            while (!File.Exists(Path.Combine(Folder, "started")))
            {
                Assert.True(
                    TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20),
                    "the command did not start"
                );
                await Task.Delay(20);
            }
            conveyor.Signal("TERM");
            var stopped = await conveyor.EndAsync();
            Sane(stopped);
            Assert.Equal(130, stopped.Exit);
            Assert.Contains("interrupted with 90 lines unfinished", stopped.Error, StringComparison.Ordinal);
            Assert.Contains(
                "they are kept in state; the same command continues with them",
                stopped.Error,
                StringComparison.Ordinal
            );
        }

        arguments[5] = "slow=cat";
        var finished = await RunAsync([.. arguments, "--changed", "accept"]);

        Sane(finished);
        Assert.Equal(0, finished.Exit);
        Assert.Equal(string.Concat(Enumerable.Range(1, 100).Select(i => $"{i}\n")), Read("out"));
    }

    [LinuxFact]
    public async Task The_next_run_reads_only_lines_added_since_the_last_run()
    {
        Write("in", "1\n2\n");
        await RunAsync("--data", "state", "--source", "in", "--stage", "same=cat", "--sink", "out");
        File.AppendAllText(Path.Combine(Folder, "in"), "3\n");

        var result = await RunAsync("--data", "state", "--source", "in", "--stage", "same=cat", "--sink", "out");

        Sane(result);
        Assert.Contains("read 1 line, wrote 1", result.Error, StringComparison.Ordinal);
        Assert.Equal("1\n2\n3\n", Read("out"));
    }

    [LinuxFact]
    public async Task Dead_letters_of_an_earlier_run_do_not_count_for_this_run()
    {
        Write("in", "poison\n");
        string[] arguments =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "s=grep -v poison",
            "--retries",
            "0",
            "--sink",
            "out",
            "--dead-letters",
            "bad",
        ];
        Assert.Equal(3, (await RunAsync(arguments)).Exit);
        File.AppendAllText(Path.Combine(Folder, "in"), "good\n");

        var result = await RunAsync(arguments);

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal("good\n", Read("out"));
        Assert.Single(Read("bad").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [LinuxTheory]
    [InlineData("shorter", "it has 2 bytes, and 6 of it had been read")]
    [InlineData("replaced", "it is a different file with the same name")]
    [InlineData("rewritten", "its first bytes are different")]
    [InlineData("last line grown", "the line at its end, which had been read, has grown since")]
    public async Task A_changed_source_is_reported_and_nothing_is_written(string how, string reason)
    {
        Write("in", how == "last line grown" ? "1\n2\n33" : "1\n2\n3\n");
        await RunAsync(
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "same=cat",
            "--sink",
            "out",
            "--last-line",
            "take"
        );
        var before = Read("out");
        switch (how)
        {
            case "shorter":
                Truncate("in", 2);
                break;
            case "replaced":
                Write("new", "1\n2\n3\n4\n");
                File.Move(Path.Combine(Folder, "new"), Path.Combine(Folder, "in"), overwrite: true);
                break;
            case "rewritten":
                Write("in", "9\n2\n3\n4\n");
                break;
            default:
                File.AppendAllText(Path.Combine(Folder, "in"), "3\n4\n");
                break;
        }

        var result = await RunAsync("--data", "state", "--source", "in", "--stage", "same=cat", "--sink", "out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains("source 'in' has changed since it was read: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(how == "shorter" ? "it has 2 bytes" : reason, result.Error, StringComparison.Ordinal);
        Assert.Equal(before, Read("out"));
    }

    [LinuxFact]
    public async Task A_sink_that_is_truncated_or_replaced_is_reported()
    {
        Write("in", "1\n2\n");
        string[] arguments = ["--data", "state", "--source", "in", "--stage", "same=cat", "--sink", "out"];
        await RunAsync(arguments);
        Truncate("out", 1);

        var shorter = await RunAsync(arguments);
        Assert.Equal(2, shorter.Exit);
        Assert.Contains(
            "sink 'out' has 1 byte, but 4 bytes had been written to it",
            shorter.Error,
            StringComparison.Ordinal
        );

        arguments[^1] = "elsewhere";
        var other = await RunAsync(arguments);
        Assert.Equal(2, other.Exit);
        Assert.Contains("sink 'elsewhere' is not the sink of the earlier run", other.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Records_of_a_removed_stage_are_reported_and_can_be_drained()
    {
        Numbers("in", 50);
        using (
            var conveyor = Start(
                "--data",
                "state2",
                "--source",
                "in",
                "--stage",
                "old=touch started; sleep 60",
                "--stop-deadline",
                "10ms",
                "--sink",
                "out"
            )
        )
        {
            var start = TimeProvider.System.GetTimestamp();
            while (
                !File.Exists(Path.Combine(Folder, "started"))
                && TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20)
            )
                await Task.Delay(20);
            conveyor.Signal("TERM");
            await conveyor.EndAsync();
        }

        var refused = await RunAsync("--data", "state2", "--source", "in", "--stage", "new=cat", "--sink", "out");
        Assert.Equal(2, refused.Exit);
        Assert.Contains(
            "50 records of an earlier run wait for the stage 'old', which this pipeline does not have",
            refused.Error,
            StringComparison.Ordinal
        );

        var drained = await Conveyor.RunAsync(Folder, "drain", "state2", "old", "--to", "rest");
        Assert.Equal(0, drained.Exit);
        Assert.Equal(Read("in"), Read("rest"));
        Assert.Equal(
            0,
            (await RunAsync("--data", "state2", "--source", "in", "--stage", "new=cat", "--sink", "out")).Exit
        );
    }

    [LinuxFact]
    public async Task A_directory_in_use_is_refused_with_the_number_of_the_process()
    {
        Numbers("in", 10);
        using var conveyor = Start(
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "old=touch started; sleep 60",
            "--stop-deadline",
            "10ms"
        );
        var start = TimeProvider.System.GetTimestamp();
        while (
            !File.Exists(Path.Combine(Folder, "started"))
            && TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20)
        )
            await Task.Delay(20);

        var refused = await RunAsync("--data", "state", "--source", "in", "--stage", "same=cat");

        Assert.Equal(2, refused.Exit);
        Assert.Matches(@"data directory '.*state' is in use by process \d+; stop that process", refused.Error);
    }

    Conveyor Start(params string[] arguments) =>
        Conveyor.Start(Folder, withInput: false, ["run", "--progress", "none", .. arguments]);

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)) is { Exists: true } file ? file.Length : 0;

    void Truncate(string name, long length)
    {
        using var file = new FileStream(Path.Combine(Folder, name), FileMode.Open);
        file.SetLength(length);
    }

    static string Difference(string expected, string found)
    {
        var at = Enumerable
            .Range(0, Math.Min(expected.Length, found.Length))
            .FirstOrDefault(i => expected[i] != found[i], Math.Min(expected.Length, found.Length));
        string Around(string text) => text[Math.Max(0, at - 30)..Math.Min(text.Length, at + 30)].Replace('\n', '|');
        return $"{expected.Length} and {found.Length} characters, different from {at}: {Around(expected)} and {Around(found)}";
    }
}
