using System.Globalization;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class StageRunTests : RunTests
{
    [UnixFact]
    public async Task Stages_may_drop_and_multiply_lines()
    {
        var report = await RunAsync(
            Source("a", Numbers(1000)),
            Stage("grep 7", name: "some") with
            {
                OkExitCodes = [0, 1],
                Batch = 10,
            },
            Stage("sed p", name: "twice")
        );

        AssertAllSettled(report);
        Assert.Equal(Numbers(1000).Where(n => n.Contains('7')).SelectMany(n => new[] { n, n }), Written());
    }

    [UnixFact]
    public async Task All_lines_of_several_workers_go_through()
    {
        var report = await RunAsync(Source("a", Numbers(5000)), Stage("cat", workers: 4) with { Batch = 50 });

        AssertAllSettled(report);
        Assert.Equal(Numbers(5000).Order(), Written().Order());
    }

    [UnixFact]
    public async Task A_command_that_reads_only_the_first_line_succeeds_if_it_exits_with_0()
    {
        var report = await RunAsync(Source("a", Numbers(20_000)), Stage("head -1"));

        AssertAllSettled(report);
        Assert.Equal(20_000, Level(report, "work").Completed);
        Assert.Contains("1", Written());
    }

    [UnixFact]
    public async Task A_command_that_writes_without_reading_succeeds_if_it_exits_with_0()
    {
        var report = await RunAsync(Source("a", Numbers(10)), Stage("yes | head -c 2000000"));

        AssertAllSettled(report);
        Assert.Equal(0, report.Progress.LinesWritten % 1_000_000);
        Assert.InRange(report.Progress.LinesWritten, 1_000_000, 10_000_000);
    }

    [UnixTheory]
    [InlineData("no-such-command-anywhere", "stage 'work': command not found: ")]
    [InlineData("/dev/null", "stage 'work': command cannot be executed: ")]
    public async Task A_command_that_cannot_run_stops_the_run_and_charges_no_line(string command, string error)
    {
        var report = await RunAsync(Source("a", Numbers(100)), Stage(command));

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.StartsWith(error, report.Error);
        Assert.Contains(command, report.Error);
        Assert.Equal(0, report.Progress.Snapshot.Total.DeadLettered);
        Assert.Equal(0, report.Progress.LinesRead);
        Assert.False(File.Exists(Sink));
        Assert.False(File.Exists(DeadLetters));
    }

    [UnixFact]
    public async Task Only_the_failing_record_is_charged_and_the_order_of_the_others_is_kept()
    {
        var report = await RunAsync(Source("a", Numbers(1000)), Stage(FailsOn("333")));

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(Numbers(1000).Where(n => n != "333"), Written());
        AssertNothingPending(report);
        var level = Level(report, "work");
        Assert.Equal(1, level.DeadLettered);
        Assert.Equal(4, level.Retries);
        var dead = Assert.Single(Dead());
        Assert.Equal("333", dead.GetProperty("text").GetString());
        Assert.Equal("work", dead.GetProperty("stage").GetString());
        Assert.Equal("a", dead.GetProperty("source").GetString());
        Assert.Equal(333, dead.GetProperty("line").GetInt64());
        Assert.Equal(3, dead.GetProperty("retries").GetInt32());
        Assert.Equal("RetriesExhausted", dead.GetProperty("reason").GetString());
        Assert.Equal("exit 3: poison 333", dead.GetProperty("error").GetString());
        Assert.True(dead.GetProperty("at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
    }

    [UnixTheory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public async Task Several_failing_records_are_found_by_any_worker(int workers, bool keepOrder)
    {
        string[] poison = ["1", "2", "250", "499", "500", "501", "1000"];

        var report = await RunAsync(
            Definition([Source("a", Numbers(1000))], Stage(FailsOn(poison), workers) with { Batch = 100 }) with
            {
                KeepOrder = keepOrder,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        var left = Numbers(1000).Except(poison).ToArray();
        if (keepOrder || workers == 1)
            Assert.Equal(left, Written());
        else
            Assert.Equal(left.Order(), Written().Order());
        Assert.Equal(poison.Order(), Dead().Select(d => d.GetProperty("text").GetString()).Order());
        Assert.Equal(poison.Length * 4, Level(report, "work").Retries);
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task A_line_that_fails_for_a_while_goes_through_in_order()
    {
        var tries = Temp.Path("tries");
        var command =
            $"batch=$(cat); case \"$batch\" in *50*) echo x >>{tries}; [ $(wc -l <{tries}) -gt 9 ] || exit 1;; esac; echo \"$batch\"";

        // One batch, which is split until the line is alone. Batches that grow with the time leave it more of the failures.
        var report = await RunAsync(Source("a", Numbers(99)), Stage(command) with { Retries = 3, Batch = 99 });

        AssertAllSettled(report);
        Assert.Equal(Numbers(99), Written());
        Assert.InRange(Level(report, "work").Retries, 1, 3);
    }

    [UnixFact]
    public async Task A_failing_record_of_one_source_does_not_hold_other_sources()
    {
        var slowly = new BackoffSettings { First = TimeSpan.FromSeconds(1), Jitter = 0 };
        var stage = Stage(FailsOn("a1")) with { Retries = 1, Backoff = slowly };

        var report = await RunAsync(Definition([Source("a", ["a1", "a2"]), Source("b", Numbers(100, "b"))], stage));

        Assert.Equal([.. Numbers(100, "b"), "a2"], Written());
        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
    }

    [UnixFact]
    public async Task Without_retries_the_first_failure_is_the_last()
    {
        var report = await RunAsync(
            Source("a", Numbers(8)),
            Stage("false") with
            {
                Retries = 0,
                OnStageFailure = StageFailureMode.DeadLetter,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(Numbers(8), Dead().Select(d => d.GetProperty("text").GetString()));
        Assert.All(Dead(), d => Assert.Equal("exit 1", d.GetProperty("error").GetString()));
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task A_dead_letter_that_is_not_text_is_kept_as_base64()
    {
        byte[] line = [0xff, 0xfe, 0];

        await RunAsync(new SourceDefinition("a", Temp.File("a", line)), Stage("false") with { Retries = 0 });

        var dead = Assert.Single(Dead());
        Assert.Equal(line, dead.GetProperty("base64").GetBytesFromBase64());
        Assert.False(dead.TryGetProperty("text", out _));
    }

    [UnixFact]
    public async Task A_dead_letter_of_a_later_stage_is_named_so()
    {
        var report = await RunAsync(
            Source("a", Numbers(10)),
            Stage("sed s/^/x/", name: "first"),
            Stage(FailsOn("x5"), name: "second") with
            {
                Retries = 1,
            }
        );

        var dead = Assert.Single(Dead());
        Assert.Equal("second", dead.GetProperty("stage").GetString());
        Assert.Equal("x5", dead.GetProperty("text").GetString());
        Assert.Equal(9, report.Progress.LinesWritten);
    }

    [UnixFact]
    public async Task A_line_that_hangs_is_killed_with_its_children_and_the_others_go_through()
    {
        var pids = Temp.Path("pids");
        var command =
            $"batch=$(cat); case \"$batch\" in *5*) echo $$ >>{pids}; sleep 600 & echo $! >>{pids}; wait;; esac; echo \"$batch\"";

        var report = await RunAsync(
            Source("a", Numbers(8)),
            Stage(command) with
            {
                Retries = 1,
                Timeout = TimeSpan.FromMilliseconds(500),
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(["1", "2", "3", "4", "6", "7", "8"], Written());
        Assert.Equal("timed out after 0.5 s", Assert.Single(Dead()).GetProperty("error").GetString());
        foreach (var pid in File.ReadAllLines(pids))
            await Processes.AssertGoneAsync(int.Parse(pid, CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task A_batch_with_too_many_results_is_halved_until_its_results_fit()
    {
        // 40 MB for each line: two of them together are more than may be held.
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(3))],
                Stage("while read n; do head -c 40000000 /dev/zero; echo $n; done"),
                Stage("wc -c", name: "count")
            ) with
            {
                Limits = new BufferSettings { MaxTotalBytes = 200 << 20 },
            }
        );

        AssertAllSettled(report);
        Assert.Equal(0, report.Progress.Snapshot.Total.Retries);
        Assert.Equal(120_000_006, Written().Sum(long.Parse));
    }

    [UnixFact]
    public async Task Each_result_larger_than_the_byte_limits_is_a_dead_letter()
    {
        var limits = new BufferSettings { MaxTotalBytes = 1000 };
        var stage = Stage("while read l; do head -c 1001 /dev/zero | tr '\\0' x; echo; echo $l; done");

        var report = await RunAsync(
            Definition([Source("a", ["one", "two"])], stage with { Batch = 2 }) with
            {
                Limits = limits,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(["one", "two"], Written());
        Assert.Equal(["ResultTooLarge", "ResultTooLarge"], Dead().Select(d => d.GetProperty("reason").GetString()));
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task A_lease_is_renewed_while_its_command_runs()
    {
        var (clock, timeout, go) = (new FakeClock(), TimeSpan.FromSeconds(30), Temp.Path("go"));
        await using var buffers = new EmbeddedBufferService(clock);
        var stage = Stage($"while [ ! -e '{go}' ]; do sleep 0.01; done; cat") with { Retries = 0 };
        var definition = Definition([Source("a", Numbers(3))], stage) with { LeaseTimeout = timeout };
        var running = new PipelineRunner(buffers, definition, clock).RunAsync(CancellationToken.None);
        using var patience = new CancellationTokenSource(Limit);
        // Three times as long as an unrenewed lease lasts.
        for (var thirds = 0; thirds < 10; thirds++)
        {
            while (!await AreFreshAsync())
                await Task.Delay(5, patience.Token);
            clock.Advance(timeout / 3);
        }
        await File.WriteAllTextAsync(go, "", patience.Token);
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Delay(5, patience.Token);
        }

        var report = await running;
        AssertAllSettled(report);
        Assert.Equal(Numbers(3), Written());
        Assert.Equal(0, Level(report, "work").Retries);

        async Task<bool> AreFreshAsync()
        {
            var snapshot = await buffers.GetSnapshotAsync(definition.Name, patience.Token);
            var leases = snapshot.Stages.Where(s => s.Stage == "work").SelectMany(s => s.Leases).ToList();
            return leases.Count > 0 && leases.TrueForAll(l => l.Deadline - clock.GetUtcNow() > timeout / 2);
        }
    }

    /// <summary>No time passes, so the wait ends only with a full batch or the last result.</summary>
    [UnixFact]
    public async Task A_stage_gathers_the_results_of_several_commands_of_the_stage_before()
    {
        var (clock, go) = (new FakeClock(), Temp.Path("go"));
        await using var buffers = new EmbeddedBufferService(clock);
        var first = Stage(
            $"read l; if [ $l = 1 ]; then while [ ! -e '{go}' ]; do sleep 0.01; done; fi; echo $l",
            workers: 2,
            name: "first"
        );
        var definition = Definition(
            [Source("a", Numbers(20))],
            first with
            {
                Batch = 1,
            },
            Stage("cat", name: "second") with
            {
                Batch = 100,
            }
        );
        var runner = new PipelineRunner(buffers, definition, clock);
        var running = runner.RunAsync(CancellationToken.None);
        using var patience = new CancellationTokenSource(Limit);
        // One line may have gone through before the first stage began to work.
        while (await CountBufferedAsync() < 18)
            await Task.Delay(5, patience.Token);

        await File.WriteAllTextAsync(go, "", patience.Token);
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(5, patience.Token);
        }

        var report = await running;
        AssertAllSettled(report);
        Assert.Equal(Numbers(20).Order(), Written().Order());
        Assert.InRange(report.Progress.Commands[1].Started, 1, 3);

        async Task<long> CountBufferedAsync() =>
            (await buffers.GetSnapshotAsync(definition.Name, patience.Token))
                .Stages.FirstOrDefault(s => s.Stage == "second")
                ?.Level.Buffered
            ?? 0;
    }

    /// <summary>No time passes, so a stage that waited for a full batch would wait for ever.</summary>
    [UnixFact]
    public async Task A_stage_does_not_wait_for_a_full_batch_while_results_wait_for_its_room()
    {
        var clock = new FakeClock();
        await using var buffers = new EmbeddedBufferService(clock);
        var definition = Definition(
            [Source("a", Numbers(4))],
            Stage("sed 'p;p'", name: "first") with
            {
                Batch = 1,
            },
            Stage("cat", name: "second") with
            {
                Batch = 100,
            }
        ) with
        {
            Limits = new BufferSettings { MaxPerStage = 5 },
        };

        var report = await new PipelineRunner(buffers, definition, clock)
            .RunAsync(CancellationToken.None)
            .WaitAsync(Limit);

        AssertAllSettled(report);
        Assert.Equal(Numbers(4).SelectMany(n => new[] { n, n, n }), Written());
    }

    [UnixFact]
    public async Task The_name_of_the_buffer_before_the_sink_is_reserved()
    {
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Source("a", ["x"]), Stage("cat", name: PipelineRunner.SinkStage))
        );
        Assert.Contains("(sink)", error.Message);
    }

    /// <summary>Writes its input, unless one of these lines is in it: then it writes a part and fails.</summary>
    internal static string FailsOn(params string[] poison) =>
        $"awk '{string.Join("||", poison.Select(p => $"$0==\"{p}\""))}{{print \"poison \" $0 >\"/dev/stderr\"; exit 3}}{{print}}'";
}
