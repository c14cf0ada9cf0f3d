namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>A run that says it is done has its lines in the file that it was given.</summary>
public sealed class LostOutputRunTests : RunTests
{
    public static TheoryData<string, string> Losses =>
        new()
        {
            { "rm {0}", "the file was deleted or replaced while it was written" },
            { "echo other > {0}.new; mv {0}.new {0}", "the file was deleted or replaced while it was written" },
            { ": > {0}", "it was truncated while it was written: it has 0 bytes, but 2 bytes had been written to it" },
        };

    /// <summary>The second line's command waits until the first line is in the sink.</summary>
    [LinuxTheory]
    [MemberData(nameof(Losses))]
    public async Task A_sink_that_is_lost_before_the_next_write_fails_the_run(string loss, string why)
    {
        var report = await RunAsync(Source("a", ["1", "2"]), Losing(Sink, loss, "echo $line") with { Batch = 1 });

        Assert.Equal((RunOutcome.Failed, $"sink '{Sink}' cannot be written: {why}"), (report.Outcome, report.Error));
        Assert.Equal(1, report.Progress.LinesWritten);
        Assert.Equal(1, report.Progress.Snapshot.Total.Pending);
    }

    [LinuxTheory]
    [MemberData(nameof(Losses))]
    public async Task A_sink_that_is_lost_after_the_last_write_fails_the_run(string loss, string why)
    {
        var report = await RunAsync(Source("a", ["1", "2"]), Losing(Sink, loss, "true") with { Batch = 1 });

        Assert.Equal((RunOutcome.Failed, $"sink '{Sink}' cannot be written: {why}"), (report.Outcome, report.Error));
    }

    [LinuxTheory]
    [InlineData("rm {0}", "true")]
    [InlineData("rm {0}", "exit 1")]
    [InlineData(": > {0}", "true")]
    [InlineData(": > {0}", "exit 1")]
    public async Task A_lost_dead_letter_file_fails_the_run(string loss, string then)
    {
        var stage = Losing(DeadLetters, loss, then, first: "exit 1") with
        {
            Batch = 1,
            Retries = 0,
            OnStageFailure = StageFailureMode.DeadLetter,
        };
        var report = await RunAsync(Source("a", ["1", "2"]), stage);

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Matches(
            "^dead letters '.*' cannot be written: (the file was deleted or replaced|it was truncated) while it was written",
            report.Error
        );
    }

    [LinuxFact]
    public async Task A_sink_that_is_renamed_is_written_to_its_end()
    {
        AssertAllSettled(
            await RunAsync(Source("a", ["1", "2"]), Losing(Sink, "mv {0} {0}.1", "echo $line") with { Batch = 1 })
        );

        Assert.Equal("1\n2\n", await File.ReadAllTextAsync(Sink + ".1"));
        Assert.False(File.Exists(Sink));
    }

    /// <summary>
    /// One command after the other; the last of them does something to a file once there is something in it.
    /// </summary>
    static StageDefinition Losing(string file, string loss, string then, string first = "echo $line") =>
        Stage(
            $"read line; if [ $line = 1 ]; then {first}; exit; fi; until [ -s '{file}' ]; do sleep 0.01; done; {string.Format(System.Globalization.CultureInfo.InvariantCulture, loss, $"'{file}'")}; {then}"
        );
}
