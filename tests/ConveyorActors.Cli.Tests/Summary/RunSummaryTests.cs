using ConveyorActors.Cli.Summary;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Summary;

public class RunSummaryTests
{
    [Fact]
    public void Every_stage_is_shown_to_add_up()
    {
        var text = Written(
            RunSummary.Create(
                Numbers.Report(
                    RunOutcome.SomeLost,
                    Numbers.Stage("busy", Numbers.Level(offered: 900, completed: 890, dropped: 10)),
                    Numbers.Stage("slim", Numbers.Level(offered: 1000, completed: 998, dead: 2))
                ),
                Numbers.Definition("slim", "busy")
            )
        );

        Assert.Equal(
            """
            done, but 12 lines did not go through; read 1,000 lines, wrote 7, in 3.2 s
              stage  offered = settled + dead-lettered + dropped
              slim     1,000 =     998 +             2 +       0   adds up ✓
              busy       900 =     890 +             0 +      10   adds up ✓
            2 dead letters, not kept; --dead-letters PATH would keep them

            """,
            text
        );
    }

    [Theory]
    [InlineData(1000, 0, "state", false)]
    [InlineData(1010, 10, "state", false)] // ten offers were refused and made again
    [InlineData(1001, 0, "state", true)]
    [InlineData(1001, 0, null, false)]
    public void Numbers_that_include_earlier_runs_are_said_to_do_so(long offered, long refused, string? data, bool says)
    {
        var level = Numbers.Level(offered: offered, completed: offered - refused, refused: refused);

        var text = Written(
            RunSummary.Create(
                Numbers.Report(RunOutcome.AllSettled, Numbers.Stage("slim", level)),
                Numbers.Definition("slim"),
                data
            )
        );

        Assert.StartsWith("done; read 1,000 lines", text, StringComparison.Ordinal);
        Assert.Equal(
            says,
            text.Contains("the numbers of the stages include earlier runs with state;", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_level_that_does_not_add_up_is_reported_prominently()
    {
        var summary = RunSummary.Create(
            Numbers.Report(
                RunOutcome.AllSettled,
                Numbers.Stage("slim", Numbers.Level(offered: 1000, completed: 997, dead: 2))
            ),
            Numbers.Definition("slim")
        );

        Assert.False(summary.AddsUp);
        Assert.Contains("DOES NOT ADD UP: 1 unaccounted for", Written(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void Refused_expired_and_unfinished_are_shown_only_if_not_zero()
    {
        var level = Numbers.Level(
            offered: 100,
            completed: 50,
            dead: 1,
            dropped: 2,
            refused: 3,
            expired: 4,
            buffered: 30,
            inFlight: 10
        );

        var text = Written(
            RunSummary.Create(
                Numbers.Report(RunOutcome.Interrupted, Numbers.Stage("slim", level)),
                Numbers.Definition("slim")
            )
        );

        Assert.Contains(
            "offered = settled + dead-lettered + dropped + expired + refused + unfinished",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("adds up", text, StringComparison.Ordinal);
        Assert.StartsWith("interrupted with 40 lines unfinished; ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_too_long_count_among_the_dead_letters()
    {
        var report = Numbers.Report(
            RunOutcome.SomeLost,
            Numbers.Stage("slim", Numbers.Level(offered: 10, completed: 9, dead: 1))
        );
        report = report with
        {
            Progress = report.Progress with { LinesTooLong = 2 },
            Warnings = ["a, line 7: 2 MiB, longer than 1 MiB"],
            DeadLettersWritten = 3,
        };

        var summary = RunSummary.Create(report, Numbers.Definition("slim") with { DeadLetterPath = "bad.jsonl" });

        Assert.StartsWith("done, but 3 lines did not go through", summary.Verdict, StringComparison.Ordinal);
        Assert.Equal(
            ["warning: a, line 7: 2 MiB, longer than 1 MiB", "3 dead letters (2 too long), written to bad.jsonl"],
            summary.Remarks
        );
    }

    [Theory]
    [InlineData(
        28,
        "29 dead letters not written to bad.jsonl; the same command writes them from ./state, see conveyor dead-letters",
        "./state"
    )]
    [InlineData(29, "29 dead letters not written to bad.jsonl; not kept", null)]
    public void Dead_letters_that_could_not_be_written_to_their_file_are_named(long before, string says, string? data)
    {
        var report = Numbers.Report(
            RunOutcome.Failed,
            Numbers.Stage("slim", Numbers.Level(offered: 50, completed: 21, dead: 29))
        );
        report = report with { DeadLettersBefore = before, DeadLettersUnwritten = 29 };

        var summary = RunSummary.Create(report, Numbers.Definition("slim") with { DeadLetterPath = "bad.jsonl" }, data);

        Assert.Contains(says, summary.Remarks);
        Assert.DoesNotContain(summary.Remarks, r => r.Contains("no dead letters", StringComparison.Ordinal));
    }

    [Fact]
    public void With_a_data_directory_dead_letters_are_kept_there_and_lines_too_long_are_not()
    {
        var report = Numbers.Report(
            RunOutcome.SomeLost,
            Numbers.Stage("slim", Numbers.Level(offered: 10, completed: 9, dead: 1))
        );
        report = report with { Progress = report.Progress with { LinesTooLong = 2 } };

        Assert.Equal(
            [
                "1 dead letter, kept in ./state; see conveyor dead-letters",
                "2 lines too long, not kept; --dead-letters PATH would keep them",
            ],
            RunSummary.Create(report, Numbers.Definition("slim"), "./state").Remarks
        );
    }

    [Fact]
    public void Unwritten_state_is_not_reported_as_kept()
    {
        var report = Numbers.Report(
            RunOutcome.Interrupted,
            Numbers.Stage("slim", Numbers.Level(offered: 10, completed: 9, buffered: 1))
        );

        Assert.Equal(
            ["1 line unfinished: they are kept in ./state; the same command continues with them"],
            RunSummary.Create(report, Numbers.Definition("slim"), "./state").Remarks
        );
        Assert.StartsWith(
            "not all of the run's state could be written to ./state",
            Assert.Single(
                RunSummary.Create(report with { IsKept = false }, Numbers.Definition("slim"), "./state").Remarks
            ),
            StringComparison.Ordinal
        );
        foreach (var (path, isLost) in new[] { ("-", true), ("in", false) })
            Assert.Equal(
                isLost,
                RunSummary
                    .Create(
                        report with
                        {
                            IsKept = false,
                        },
                        Numbers.Definition("slim") with
                        {
                            Sources = [new("source", path)],
                        },
                        "./state"
                    )
                    .Remarks[0]
                    .EndsWith("; missing lines of standard input are lost", StringComparison.Ordinal)
            );
    }

    [Fact]
    public void A_failure_has_a_reason()
    {
        var report = Numbers.Report(RunOutcome.Failed) with { Error = "/dev/full: no space left on device" };

        Assert.StartsWith(
            "failed: /dev/full: no space left on device; read ",
            RunSummary.Create(report, Numbers.Definition()).Verdict,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(RunOutcome.Failed, 0L, false, null, "out.txt is empty")]
    [InlineData(RunOutcome.Failed, 2048L, true, null, "nothing was written to out.txt; it is unchanged")]
    [InlineData(
        RunOutcome.Failed,
        2048L,
        false,
        null,
        "out.txt contains the lines written so far: 7 lines, 2.0 KiB; a new run replaces it"
    )]
    [InlineData(
        RunOutcome.Interrupted,
        2048L,
        false,
        null,
        "out.txt contains the lines written so far: 7 lines, 2.0 KiB; a new run replaces it"
    )]
    [InlineData(
        RunOutcome.Failed,
        2048L,
        false,
        "./state",
        "out.txt contains the lines written so far: 7 lines by this run, 2.0 KiB in all"
    )]
    [InlineData(RunOutcome.Failed, null, false, null, null)]
    [InlineData(RunOutcome.AllSettled, 2048L, false, null, null)]
    public void An_unfinished_run_reports_the_content_of_its_sink(
        RunOutcome outcome,
        long? length,
        bool isUntouched,
        string? data,
        string? said
    )
    {
        var report = Numbers.Report(outcome) with { SinkLength = length, IsSinkUntouched = isUntouched };

        var remarks = RunSummary.Create(report, Numbers.Definition() with { Sink = new("out.txt") }, data).Remarks;

        Assert.Equal(said is null ? [] : [said], remarks);
    }

    static string Written(RunSummary summary)
    {
        var terminal = new TestTerminal();
        SummaryWriter.Write(terminal.Terminal.CreateErrorConsole(), summary);
        return terminal.Error;
    }
}
