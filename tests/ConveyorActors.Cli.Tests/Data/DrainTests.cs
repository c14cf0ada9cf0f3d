using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Data;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Storage;
using ConveyorActors.Storage.Tests.Disks;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>conveyor drain: what it appends to a file, and how it goes on with a drain that was killed.</summary>
public sealed class DrainTests : DataVerbRun, IAsyncLifetime
{
    const string Pipeline = "run",
        Stage = "slim";

    public Task InitializeAsync() => OfferAsync("one", "two", "three");

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("before\n")]
    [InlineData("before\no")]
    [InlineData("before\none\ntw")]
    [InlineData("before\none\ntwo\nthree\n")]
    public async Task Lines_written_but_not_settled_by_a_killed_drain_appear_once_in_the_end(string left)
    {
        Write("rest", left);
        await NoteAsync($"7 {At("rest")}");

        await AssertDrainedAsync("3 records taken out", "before\none\ntwo\nthree\n");
    }

    [Theory]
    [InlineData("before\nmine\n", "the bytes after that are not the stage's next records")]
    [InlineData("before\none\nmine\n", "the bytes after that are not the stage's next records")]
    [InlineData("before\none\ntwo\nthree\nmine\n", "the bytes after that are not the stage's next records")]
    [InlineData("bef", "it has 3 bytes;")]
    [InlineData("b", "it has 1 byte;")]
    [InlineData(null, "it has 0 bytes")]
    public async Task A_file_changed_since_the_drain_is_reported_and_unchanged(string? left, string why)
    {
        if (left is not null)
            Write("rest", left);
        await NoteAsync($"7 {At("rest")}");

        var (exit, _, error) = await DrainAsync("rest");

        Assert.Equal(2, exit);
        Assert.Contains($"which a killed drain had written up to byte 7: {why}", error, StringComparison.Ordinal);
        Assert.Equal(left, File.Exists(At("rest")) ? Read("rest") : null);
        Assert.Contains(
            "slim: 3 waiting",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );
    }

    [LinuxTheory]
    [InlineData("in")]
    [InlineData("linked")]
    public async Task A_source_of_the_directory_is_refused_as_a_drain_file(string to)
    {
        Write("in", "four\n");
        File.CreateSymbolicLink(At("linked"), At("in"));
        var state = At("read");
        Assert.Equal(
            0,
            (
                await TestTerminal.ConveyorAsync(
                    "run",
                    "--progress",
                    "none",
                    "--data",
                    state,
                    "--source",
                    At("in"),
                    "--sink",
                    At("out")
                )
            ).Exit
        );

        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", state, "(sink)", "--to", At(to));

        Assert.Equal(2, exit);
        Assert.Contains(
            "a source of this directory's runs, so the next run would read the drained lines again; it must be another file",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal("four\n", Read("in"));
    }

    [Fact]
    public async Task A_drain_to_another_file_reports_the_lines_that_are_in_both_files()
    {
        await NoteAsync($"7 {At("rest")}");

        var (exit, _, error) = await DrainAsync("other");

        Assert.Equal(0, exit);
        Assert.Contains(
            $"a drain to '{At("rest")}' was killed; the lines after byte 7 of that file were not settled and are drained again",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal("one\ntwo\nthree\n", Read("other"));
    }

    [Theory]
    [InlineData("before\none\ntw", true)]
    [InlineData("before\none\ntwo\nthree\n", true)]
    [InlineData("before\n", false)]
    [InlineData("before\nmine\n", false)]
    [InlineData(null, false)]
    public async Task A_run_warns_of_waiting_lines_that_an_unfinished_drain_has_written(string? left, bool warns)
    {
        if (left is not null)
            Write("rest", left);
        await NoteAsync($"7 {At("rest")}");

        var (_, _, error) = await RunAsync(Write("in", ""), At("out"));

        var warning =
            $"conveyor: warning: a drain of stage 'slim' was not finished: the lines after byte 7 of '{At("rest")}' are still in the data directory, and this run processes them too; to have each line once, stop this run and repeat the drain first\n";
        Assert.Equal(warns, error.Contains(warning, StringComparison.Ordinal));
        Assert.Equal(warns, error.Contains("a drain", StringComparison.Ordinal));
        Assert.Equal(left, File.Exists(At("rest")) ? Read("rest") : null);
    }

    [Fact]
    public async Task A_run_after_a_finished_drain_warns_of_nothing()
    {
        await AssertDrainedAsync("3 records taken out", "one\ntwo\nthree\n");
        await OfferAsync("four");

        var (_, _, error) = await RunAsync(Write("in", ""), At("out"));

        Assert.DoesNotContain("a drain", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_drain_releases_its_file()
    {
        await AssertDrainedAsync("3 records taken out", "one\ntwo\nthree\n");
        File.AppendAllText(At("rest"), "mine\n");
        await AssertDrainedAsync("0 records taken out", "one\ntwo\nthree\nmine\n");
        File.AppendAllText(At("rest"), "mine too\n");
        await OfferAsync("four");

        await AssertDrainedAsync("1 record taken out", "one\ntwo\nthree\nmine\nmine too\nfour\n");
    }

    [Fact]
    public async Task Results_that_wait_for_a_stage_are_drained_after_its_records()
    {
        await using (var service = Open())
        {
            await service.ConfigureAsync(Pipeline, new BufferSettings { MaxPerStage = 3 });
            var lease = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
            // It would wait for the room that never comes.
            _ = service
                .HopAsync(
                    Pipeline,
                    Stage,
                    lease.Id,
                    null,
                    "next",
                    Enumerable.Range(1, 5).Select(i => Make($"r{i}")).ToArray()
                )
                .AsTask();
        }
        Assert.Contains(
            "stage next: 3 waiting, 2 parked for lack of room",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );

        var (exit, _, _) = await TestTerminal.ConveyorAsync("drain", State, "next", "--to", At("rest"));

        Assert.Equal((0, "r1\nr2\nr3\nr4\nr5\n"), (exit, Read("rest")));
    }

    [Fact]
    public async Task A_drain_ends_the_last_line_of_its_file_first()
    {
        Write("rest", "before");

        await AssertDrainedAsync("3 records taken out", "before\none\ntwo\nthree\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("one\nmine\n")]
    public async Task A_file_that_another_program_changes_during_a_drain_is_left_as_it_is(string changed)
    {
        await using var directory = DataDirectory.Open(State);
        using (var file = await DrainFile.OpenAsync(At("rest"), directory, Pipeline, Stage, static _ => { }))
        {
            file!.Take([Make("one")], isLast: false);
            File.WriteAllText(At("rest"), changed);

            Assert.Throws<IOException>(() => file.Take([Make("two")], isLast: true));
        }

        Assert.Equal(changed, Read("rest"));
    }

    [Fact]
    public async Task A_drain_without_records_does_not_change_its_file()
    {
        await AssertDrainedAsync("3 records taken out", "one\ntwo\nthree\n");
        Write("rest", "mine");

        await AssertDrainedAsync("0 records taken out", "mine");
    }

    [Fact]
    public async Task A_directory_cannot_be_the_file_of_a_drain()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", State, Stage, "--to", Folder);

        Assert.Equal(2, exit);
        Assert.Contains(
            "cannot be written: it is a directory; records that are not in the file are still in the directory",
            error,
            StringComparison.Ordinal
        );
    }

    [SmallDiskFact]
    public async Task A_drain_that_cannot_settle_what_it_has_written_fails_and_is_repeated()
    {
        using var disk = new SmallDisk("4m");
        var lines = Enumerable.Range(1, 2_500).Select(i => $"{i}").ToArray();
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(disk["state"])))
        {
            await service.ConfigureAsync(Pipeline, new BufferSettings { MaxPerStage = 2_500, MaxPerSource = 2_500 });
            await service.BufferBatchForStageAsync(Pipeline, Stage, "in", lines.Select(Make).ToArray());
        }
        Task<(int Exit, string Out, string Error)> Drain() =>
            TestTerminal.ConveyorAsync("drain", disk["state"], Stage, "--to", At("rest"));
        // The log has room for the checkpoint at the beginning of the drain, and not for all settlements.
        disk.Leave(64 << 10);

        var (exit, _, error) = await Drain();

        Assert.True(exit == 1, error);
        Assert.Contains("cannot be written: the disk is full; the last ", error, StringComparison.Ordinal);
        Assert.Contains(
            $"in {At("rest")} are not settled and still in the directory; only the same drain removes them from the file, so repeat it before the next conveyor run",
            error,
            StringComparison.Ordinal
        );
        Assert.NotEmpty(Read("rest"));
        disk.MakeRoom();
        Assert.Equal(0, (await Drain()).Exit);
        Assert.Equal(lines, File.ReadAllLines(At("rest")));
    }

    [SmallDiskFact]
    public async Task A_drain_that_cannot_begin_on_a_full_disk_writes_nothing()
    {
        using var disk = new SmallDisk("4m");
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(disk["state"])))
            await service.BufferBatchForStageAsync(Pipeline, Stage, "in", new[] { Make("one") });
        disk.Fill();

        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", disk["state"], Stage, "--to", At("rest"));

        Assert.Equal(2, exit);
        Assert.Contains("the disk is full", error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("rest")));
    }

    [SmallDiskFact]
    public async Task A_replay_that_a_full_disk_stops_in_the_middle_fails_and_can_be_repeated()
    {
        using var disk = new SmallDisk("4m");
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(disk["state"])))
        {
            await service.ConfigureAsync(Pipeline, new BufferSettings { MaxPerStage = 2_500, MaxPerSource = 2_500 });
            await service.ConfigureStageAsync(Pipeline, Stage, new StageSettings { MaxDeadLetters = 2_500 });
            var lines = Enumerable.Range(1, 2_500).Select(i => Make(new string('x', 200) + i)).ToArray();
            await service.BufferBatchForStageAsync(Pipeline, Stage, "in", lines);
            var lease = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(2_500));
            await service.DeadLetterAsync(Pipeline, Stage, lease.Id, null, "poison");
        }
        Task<(int Exit, string Out, string Error)> DeadLetters(params string[] flags) =>
            TestTerminal.ConveyorAsync(["dead-letters", disk["state"], .. flags]);
        disk.Leave(700 << 10);

        var (exit, _, error) = await DeadLetters("--replay");

        Assert.True(exit == 1, error);
        Assert.Contains(
            "the disk is full; some dead letters may be replayed, and conveyor dead-letters shows those that are not",
            error,
            StringComparison.Ordinal
        );
        disk.MakeRoom();
        var left = (await DeadLetters()).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.InRange(left, 1, 2_499);
        Assert.Contains(
            $"{CountText.FormatExact(left)} dead letters replayed",
            (await DeadLetters("--replay")).Out,
            StringComparison.Ordinal
        );
    }

    EmbeddedBufferService Open() => new(null, DataDirectory.Open(State));

    static Buffers.ConveyorRecord Make(string text) => new("", System.Text.Encoding.UTF8.GetBytes(text));

    async Task OfferAsync(params string[] lines)
    {
        await using var service = Open();
        await service.BufferBatchForStageAsync(Pipeline, Stage, "in", lines.Select(Make).ToArray());
    }

    /// <summary>As a drain that is killed leaves it.</summary>
    async Task NoteAsync(string checkpoint)
    {
        await using var directory = DataDirectory.Open(State);
        await directory.SetCheckpointAsync(Pipeline, new Checkpoint("drain " + Stage, checkpoint));
    }

    Task<(int Exit, string Out, string Error)> DrainAsync(string to) =>
        TestTerminal.ConveyorAsync("drain", State, Stage, "--to", At(to));

    async Task AssertDrainedAsync(string says, string content)
    {
        var (exit, output, error) = await DrainAsync("rest");
        Assert.True(exit == 0, error);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(content, Read("rest"));
    }
}
