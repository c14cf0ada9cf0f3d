namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>
/// Stages whose commands stay, with commands of every kind: what comes out, what is charged, how many commands were
/// started.
/// </summary>
public sealed class PersistentRunTests : RunTests
{
    [UnixTheory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public async Task Each_worker_starts_one_persistent_command_for_all_of_its_lines(int workers, bool keepOrder)
    {
        var report = await RunAsync(
            Definition([Source("a", Numbers(20_000))], Staying("sed -u s/^/x/", workers)) with
            {
                KeepOrder = keepOrder,
            }
        );

        AssertAllSettled(report);
        var expected = Numbers(20_000, "x");
        if (keepOrder || workers == 1)
            Assert.Equal(expected, Written());
        else
            Assert.Equal(expected.Order(), Written().Order());
        Assert.InRange(Assert.Single(report.Progress.Commands).Started, 1, workers);
    }

    /// <summary>
    /// What a command does with one line; that line alone is a dead letter after its retries, and every other line has
    /// its own result.
    /// </summary>
    [UnixTheory]
    [InlineData("exits", "sed -u -e '/^50$/Q3' -e s/^/x/", "exit 3 before it replied")]
    [InlineData("exits with 0", "sed -u -e '/^50$/Q' -e s/^/x/", "exit 0 before it replied")]
    [InlineData(
        "writes part of a reply",
        "while read -r l; do [ $l = 50 ] && { printf x; exit 1; }; echo x$l; done",
        "exit 1 before it replied"
    )]
    [InlineData("dies", "while read -r l; do [ $l = 50 ] && kill -9 $$; echo x$l; done", "exit 137 before it replied")]
    [InlineData(
        "closes its output",
        "while read -r l; do [ $l = 50 ] && { exec >/dev/null; sleep 100; }; echo x$l; done",
        "it closed its output before it replied"
    )]
    [InlineData(
        "floods",
        "while read -r l; do [ $l = 50 ] && { head -c 200000 /dev/zero | tr '\\0' x; }; echo x$l; done",
        "it wrote more than 100,000 bytes for one line; --max-results sets how much it may write"
    )]
    public async Task Only_the_line_that_fails_is_charged(string what, string command, string error)
    {
        foreach (var (workers, retries) in ((int, int)[])[(1, 0), (2, 1)])
        {
            var stage = Staying(command, workers) with
            {
                Retries = retries,
                Batch = 30,
                MaxResults = 100_000,
                OnStageFailure = StageFailureMode.DeadLetter,
            };

            var report = await RunAsync(Definition([Source("a", Numbers(100))], stage) with { KeepOrder = true });

            Assert.Equal((what, RunOutcome.SomeLost, (string?)null), (what, report.Outcome, report.Error));
            Assert.Equal(Numbers(100, "x").Where(n => n != "x50"), Written());
            var dead = Assert.Single(Dead());
            Assert.Equal(
                ("50", retries),
                (dead.GetProperty("text").GetString(), dead.GetProperty("retries").GetInt32())
            );
            Assert.StartsWith(error, dead.GetProperty("error").GetString(), StringComparison.Ordinal);
            AssertNothingPending(report);
            File.Delete(DeadLetters);
        }
    }

    [UnixTheory]
    [InlineData("hangs", "while read -r l; do [ $l = 5 ] && sleep 100; echo x$l; done")]
    [InlineData("leaves it out", "sed -u -e /^5$/d -e s/^/x/")]
    [InlineData(
        "writes part of a reply and hangs",
        "while read -r l; do [ $l = 5 ] && { printf x; sleep 100; }; echo x$l; done"
    )]
    public async Task Only_the_line_without_a_reply_in_time_is_charged_and_no_other_result_is_shifted(
        string what,
        string command
    )
    {
        var report = await RunAsync(
            Source("a", Numbers(20)),
            Staying(command) with
            {
                Retries = 0,
                Batch = 4,
                Timeout = TimeSpan.FromSeconds(2.5),
                OnStageFailure = StageFailureMode.DeadLetter,
            }
        );

        Assert.Equal((what, RunOutcome.SomeLost, (string?)null), (what, report.Outcome, report.Error));
        Assert.Equal(Numbers(20, "x").Where(n => n != "x5"), Written());
        var dead = Assert.Single(Dead());
        Assert.Equal("5", dead.GetProperty("text").GetString());
        Assert.StartsWith(
            "timed out after 2.5 s without a reply",
            dead.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task A_line_that_gets_two_lines_is_charged_and_shifts_no_other_result()
    {
        var report = await RunAsync(
            Source("a", Numbers(20)),
            Staying("while read -r l; do [ $l = 7 ] && printf 'x7\\nx7\\n' || echo x$l; done") with
            {
                Batch = 1,
                Retries = 0,
            }
        );

        Assert.Equal((RunOutcome.SomeLost, (string?)null), (report.Outcome, report.Error));
        Assert.Equal(Numbers(20, "x").Where(n => n != "x7"), Written());
        Assert.Equal("7", Assert.Single(Dead()).GetProperty("text").GetString());
    }

    [UnixFact]
    public async Task A_line_that_fails_only_after_others_is_never_charged()
    {
        var report = await RunAsync(
            Source("a", Numbers(100)),
            Staying("i=0; while [ $i -lt 7 ] && read -r l; do echo x$l; i=$((i + 1)); done") with
            {
                Retries = 0,
                Batch = 16,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(Numbers(100, "x"), Written());
        Assert.InRange(Assert.Single(report.Progress.Commands).Started, 100 / 7, 200);
    }

    [UnixTheory]
    [InlineData("exit 5", "exit 5 before it replied")]
    [InlineData("read -r l; exit 5", "exit 5 before it replied")]
    [InlineData("sort", "timed out after 0.3 s without a reply; does it write each line at once")]
    [InlineData("yes", "it wrote")]
    public async Task A_command_that_fails_for_every_line_fails_as_a_whole_and_charges_no_line(
        string command,
        string error
    )
    {
        var report = await RunAsync(
            Source("a", Numbers(100)),
            Staying(command) with
            {
                Timeout = command == "sort" ? TimeSpan.FromSeconds(0.3) : null,
            }
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Contains("stage 'work' fails as a whole", report.Error, StringComparison.Ordinal);
        Assert.Contains(error, report.Error, StringComparison.Ordinal);
        Assert.Equal((0, 100), (report.Progress.Snapshot.Total.DeadLettered, report.Progress.Snapshot.Total.Pending));
    }

    [UnixFact]
    public async Task A_header_passes_a_persistent_command_as_it_passes_any_other()
    {
        var report = await RunAsync(
            Definition([Source("a", ["h", .. Numbers(50)])], Staying("sed -u s/^/x/")) with
            {
                HasHeader = true,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(["xh", .. Numbers(50, "x")], Written());
    }

    [UnixFact]
    public async Task A_stop_closes_the_input_of_a_command_and_lets_it_reply()
    {
        using var stop = new CancellationTokenSource();
        var (begun, ended) = (Temp.Path("begun"), Temp.Path("ended"));
        var command = $"while read -r l; do touch {begun}; sleep 0.3; echo x$l; done; touch {ended}";
        var running = RunAsync(
            Definition([Source("a", Numbers(1))], Staying(command)) with
            {
                StopDeadline = TimeSpan.FromSeconds(30),
            },
            stop.Token
        );
        await UntilAsync(() => File.Exists(begun), "the command began");
        await stop.CancelAsync();

        var report = await running;

        Assert.Equal((RunOutcome.Interrupted, 1L), (report.Outcome, report.Progress.LinesWritten));
        Assert.Equal(["x1"], Written());
        Assert.True(File.Exists(ended));
    }

    [UnixFact]
    public async Task A_stop_ends_a_command_that_does_not_end_and_returns_its_lines_uncharged()
    {
        using var stop = new CancellationTokenSource();
        var begun = Temp.Path("begun");
        var running = RunAsync(
            Definition(
                [Source("a", Numbers(10))],
                Staying($"while read -r l; do [ $l = 5 ] && {{ touch {begun}; sleep 100; }}; echo x$l; done") with
                {
                    Batch = 10,
                }
            ) with
            {
                StopDeadline = TimeSpan.FromMilliseconds(200),
            },
            stop.Token
        );
        await UntilAsync(() => File.Exists(begun), "the command began");
        await stop.CancelAsync();

        var report = await running;

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal((0L, 0L), (report.Progress.Snapshot.Total.DeadLettered, Level(report, "work").Retries));
        Assert.Equal(10, report.Progress.LinesWritten + report.Progress.Snapshot.Total.Pending);
    }

    /// <summary>
    /// Without the check of what the command has read, the banner would be the result of the first line, of each
    /// command.
    /// </summary>
    [UnixFact]
    public async Task A_command_that_writes_a_line_when_it_starts_ends_the_run_and_no_line_is_charged()
    {
        var report = await RunAsync(
            Definition([Source("a", Numbers(60))], Staying("sleep 0.05; echo ready; sleep 0.1; exec sed -u s/^/x/"))
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Contains("it wrote a line before it had read one", report.Error, StringComparison.Ordinal);
        Assert.Empty(Written());
        Assert.Equal((0L, 60L), (report.Progress.Snapshot.Total.DeadLettered, report.Progress.Snapshot.Total.Pending));
    }

    [UnixFact]
    public async Task A_command_that_writes_a_second_reply_late_ends_the_run_at_the_next_line()
    {
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(1_000))],
                Staying("while read -r l; do echo x$l; [ $l = 3 ] && { sleep 0.1; echo more; sleep 0.1; }; done") with
                {
                    Batch = 1,
                }
            )
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Contains("results may belong to other lines", report.Error, StringComparison.Ordinal);
        // The line after it goes to a new command, and no other line follows.
        Assert.InRange(Written().Length, 3, 4);
        Assert.Equal(Numbers(4, "x").Take(Written().Length), Written());
    }

    /// <summary>One worker by default, and retries that do not take long.</summary>
    static StageDefinition Staying(string command, int workers = 1) =>
        Stage(command, workers) with
        {
            IsPersistent = true,
        };
}
