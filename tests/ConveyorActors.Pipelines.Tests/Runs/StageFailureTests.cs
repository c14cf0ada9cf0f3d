using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>A stage that is wrong as a whole, and lines that are bad.</summary>
public sealed class StageFailureTests : RunTests
{
    [UnixTheory]
    [InlineData("if then", 1, false, 500)]
    [InlineData("cd /no/such/directory && cat", 4, false, 500)]
    [InlineData("echo 'no connection' >&2; exit 7", 1, false, 1)]
    [InlineData("echo 'no connection' >&2; exit 7", 3, true, 10)]
    [InlineData("kill -9 $$", 2, false, 2)]
    public async Task A_stage_that_has_never_succeeded_ends_the_run_and_charges_nothing(
        string command,
        int workers,
        bool keepOrder,
        int batch
    )
    {
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(300)), Source("b", Numbers(50))],
                Stage(command, workers) with
                {
                    Retries = 0,
                    Batch = batch,
                }
            ) with
            {
                KeepOrder = keepOrder,
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.StartsWith("stage 'work' fails as a whole (", report.Error, StringComparison.Ordinal);
        AssertNothingCharged(report);
        Assert.Equal(350, report.Progress.Snapshot.Total.Pending);
    }

    [UnixFact]
    public async Task The_error_contains_the_error_output_of_the_command()
    {
        var report = await RunAsync(Source("a", Numbers(10)), Stage("echo 'no connection' >&2; exit 7"));

        Assert.EndsWith(": exit 7: no connection", report.Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_stage_that_times_out_for_every_line_ends_the_run()
    {
        var report = await RunAsync(
            Source("a", Numbers(4)),
            Stage("sleep 600") with
            {
                Timeout = TimeSpan.FromMilliseconds(100),
                Retries = 0,
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Contains("timed out after 0.1 s", report.Error, StringComparison.Ordinal);
        AssertNothingCharged(report);
    }

    [UnixTheory]
    [InlineData(1, false, 500, 3)]
    [InlineData(1, false, 1, 0)]
    [InlineData(3, false, 20, 0)]
    [InlineData(3, true, 20, 3)]
    public async Task An_outage_pauses_the_stage_and_charges_nothing(
        int workers,
        bool keepOrder,
        int batch,
        int retries
    )
    {
        var (down, over) = (Temp.Path("down"), Temp.Path("over"));
        var lines = Numbers(batch * 4 + 50);
        // It is done once, and then down until it is told that it is over.
        var command = $"[ ! -e {down} ] || [ -e {over} ] || {{ echo down >&2; exit 5; }}; cat; : >{down}";
        var definition = Definition(
            [Source("a", lines)],
            Stage(command, workers) with
            {
                Batch = batch,
                Retries = retries,
            }
        ) with
        {
            KeepOrder = keepOrder,
        };
        await using var buffers = new EmbeddedBufferService();
        var runner = new PipelineRunner(buffers, definition, TimeProvider.System);
        var running = runner.RunAsync(CancellationToken.None);
        await UntilAsync(
            () => running.IsCompleted || runner.GetProgressAsync().AsTask().Result.Paused.Count > 0,
            "the stage is not paused"
        );
        var paused = (await runner.GetProgressAsync()).Paused;

        await File.WriteAllTextAsync(over, "");
        var report = await running.WaitAsync(Limit);

        Assert.Equal(new StagePause("work", "exit 5: down"), Assert.Single(paused));
        Assert.Equal(RunOutcome.AllSettled, report.Outcome);
        AssertNothingCharged(report);
        if (workers == 1 || keepOrder)
            Assert.Equal(lines, Written());
        else
            Assert.Equal(lines.Order(), Written().Order());
        Assert.Contains(
            report.Warnings,
            w => w.StartsWith("stage 'work' failed as a whole and was paused for ", StringComparison.Ordinal)
        );
    }

    [UnixFact]
    public async Task A_paused_run_stops_at_once()
    {
        using var stop = new CancellationTokenSource();
        await using var buffers = new EmbeddedBufferService();
        var definition = Definition(
            [Source("a", Numbers(2000))],
            Stage("grep -x '[1-9]' || exit 4") with
            {
                Batch = 9,
            }
        );
        var runner = new PipelineRunner(buffers, definition, TimeProvider.System);
        var running = runner.RunAsync(stop.Token);
        await UntilAsync(
            () => running.IsCompleted || runner.GetProgressAsync().AsTask().Result.Paused.Count > 0,
            "the stage is not paused"
        );

        await stop.CancelAsync();
        var report = await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        AssertNothingCharged(report);
    }

    [UnixFact]
    public async Task A_stage_set_to_stop_ends_the_run_even_if_it_succeeded_before()
    {
        var report = await RunAsync(
            Source("a", Numbers(200)),
            Stage("grep -x '[1-9]' || exit 4") with
            {
                Batch = 9,
                Retries = 0,
                OnStageFailure = StageFailureMode.Stop,
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Equal(Numbers(9), Written());
        AssertNothingCharged(report);
    }

    [UnixTheory]
    [InlineData(1, false, 500)]
    [InlineData(1, false, 1)]
    [InlineData(1, false, 7)]
    [InlineData(3, false, 25)]
    [InlineData(3, true, 25)]
    [InlineData(3, true, 1)]
    public async Task Long_series_of_bad_lines_among_good_lines_become_dead_letters(
        int workers,
        bool keepOrder,
        int batch
    )
    {
        string[] bad = [.. Enumerable.Range(16, 15).Append(1).Append(37).Append(38).Append(60).Select(n => $"{n}")];
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(60))],
                Stage(StageRunTests.FailsOn(bad), workers) with
                {
                    Batch = batch,
                    Retries = 1,
                }
            ) with
            {
                KeepOrder = keepOrder,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(bad.Order(), Dead().Select(d => d.GetProperty("text").GetString()).Order());
        var good = Numbers(60).Except(bad).ToArray();
        if (workers == 1 || keepOrder)
            Assert.Equal(good, Written());
        else
            Assert.Equal(good.Order(), Written().Order());
        AssertNothingPending(report);
        if (workers == 1 || keepOrder)
            AssertNeverPaused(report);
    }

    [UnixTheory]
    [InlineData(1, false, 500, 1, 60)]
    [InlineData(1, false, 1, 1, 40)]
    [InlineData(2, false, 20, 40, 90)]
    [InlineData(2, true, 20, 40, 90)]
    public async Task A_long_series_of_bad_lines_does_not_pause_the_stage(
        int workers,
        bool keepOrder,
        int batch,
        int first,
        int last
    )
    {
        string[] bad = [.. Enumerable.Range(first, last - first + 1).Select(n => $"{n}")];
        var starts = Temp.Path("starts");
        var command = $"echo >>{starts}; awk '$1 >= {first} && $1 <= {last} {{ exit 3 }} {{ print }}'";

        var report = await RunAsync(
            Definition([Source("a", Numbers(120))], Stage(command, workers) with { Batch = batch, Retries = 0 }) with
            {
                KeepOrder = keepOrder,
            }
        );

        Assert.Equal(bad.Order(), Dead().Select(d => d.GetProperty("text").GetString()).Order());
        if (workers == 1 || keepOrder)
            AssertNeverPaused(report);
        // Each good line is given once and each bad one at most twice, as it may be tried before its turn. Ten are for
        // probes.
        if (batch == 1)
            Assert.InRange((await File.ReadAllLinesAsync(starts)).Length, 120, 120 + bad.Length + 10);
    }

    [UnixFact]
    public async Task Few_good_lines_among_bad_lines_do_not_end_or_delay_the_run()
    {
        var report = await RunAsync(
            Source("a", Numbers(150)),
            Stage("grep -x '.*[05]0'") with
            {
                Batch = 1,
                Retries = 0,
            }
        );

        Assert.Equal(["50", "100", "150"], Written());
        Assert.Equal(147, Dead().Length);
        Assert.True(report.Warnings.Count <= 3, string.Join('\n', report.Warnings));
    }

    [UnixFact]
    public async Task Bad_lines_that_fill_all_the_room_become_dead_letters_after_a_while()
    {
        var limits = new BufferSettings { MaxTotalRecords = 3 };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(12))],
                Stage(StageRunTests.FailsOn("4", "5", "6", "7"), 2) with
                {
                    Retries = 0,
                }
            ) with
            {
                Limits = limits,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(["4", "5", "6", "7"], Dead().Select(d => d.GetProperty("text").GetString()).Order());
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task Bad_lines_at_the_very_end_are_dead_letters_after_a_while()
    {
        string[] bad = [.. Enumerable.Range(95, 6).Select(n => $"{n}")];

        var report = await RunAsync(
            Definition([Source("a", Numbers(100))], Stage(StageRunTests.FailsOn(bad)) with { Retries = 0 })
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(bad, Dead().Select(d => d.GetProperty("text").GetString()));
    }

    [UnixFact]
    public async Task Lines_that_fail_with_different_errors_are_bad_lines()
    {
        var report = await RunAsync(Source("a", Numbers(9)), Stage("read -r n; exit $n") with { Retries = 0 });

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(9, Dead().Length);
    }

    [UnixFact]
    public async Task A_line_tried_before_its_turn_is_given_to_a_command_only_once()
    {
        var seen = Temp.Path("seen");
        var command = $"while read -r n; do [ $n != 1 ] || exit 3; echo $n >>{seen}; echo $n; done";

        var report = await RunAsync(Source("a", Numbers(40)), Stage(command) with { Batch = 1 });

        Assert.Equal(Numbers(40)[1..], Written());
        Assert.Equal(Numbers(40)[1..].Order(), (await File.ReadAllLinesAsync(seen)).Order());
        Assert.Equal("1", Assert.Single(Dead()).GetProperty("text").GetString());
    }

    [UnixFact]
    public async Task A_first_line_that_exits_with_127_is_a_bad_line()
    {
        var report = await RunAsync(
            Source("a", ["nope", .. Enumerable.Range(1, 9).Select(n => $"echo {n}")]),
            Stage("while read -r c; do $c </dev/null || exit; done")
        );

        Assert.Equal(Numbers(9), Written());
        Assert.StartsWith(
            "exit 127: ",
            Assert.Single(Dead()).GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task Two_sources_of_the_same_name_are_refused()
    {
        var definition = Definition([Source("a", ["x"]), Source("b", ["y"]) with { Name = "a" }], Stage("cat"));
        var error = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(definition));
        Assert.Equal("two sources are named 'a'; each must have a unique name", error.Message);
    }

    [UnixFact]
    public async Task Two_stages_of_the_same_name_are_refused()
    {
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(Source("a", ["x"]), Stage("cat"), Stage("cat"))
        );
        Assert.Equal("two stages are named 'work'; each must have a unique name", error.Message);
    }

    [UnixFact]
    public async Task An_empty_command_is_refused()
    {
        var error = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(Source("a", ["x"]), Stage(" ")));
        Assert.Contains("stage 'work' has no command", error.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task Times_that_no_timer_can_be_set_to_are_refused()
    {
        var definition = Definition([Source("a", ["x"])], Stage("cat") with { Timeout = TimeSpan.FromDays(50) });
        var ofStage = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(definition));
        Assert.Equal(
            "the timeout of stage 'work' is 50.00:00:00; it must be more than 0 and at most 40 days",
            ofStage.Message
        );
        definition = Definition([Source("a", ["x"])], Stage("cat")) with { StopDeadline = TimeSpan.FromDays(50) };
        var ofStop = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(definition));
        Assert.Equal("the stop deadline is 50.00:00:00; it must be from 0 to 40 days", ofStop.Message);
        definition = Definition([Source("a", ["x"])], Stage("cat")) with { LeaseTimeout = TimeSpan.FromDays(200) };
        var ofLease = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(definition));
        Assert.Equal("the lease timeout is 200.00:00:00; it must be from 3 ms to 40 days", ofLease.Message);
    }

    /// <summary>
    /// Not for several workers without the order kept: there all good lines may be settled while another worker still
    /// has bad ones, and with no line left that shows that the stage works, a pause is right.
    /// </summary>
    static void AssertNeverPaused(RunReport report) =>
        Assert.DoesNotContain(report.Warnings, w => w.Contains("failed as a whole", StringComparison.Ordinal));

    void AssertNothingCharged(RunReport report)
    {
        Assert.Equal(0, report.Progress.Snapshot.Total.Retries);
        Assert.Equal(0, report.Progress.Snapshot.Total.DeadLettered);
        Assert.Empty(Dead());
    }
}
