namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Records that wait in a data directory, and a run of another pipeline there.</summary>
public class ChangedPipelineTests : EndToEndTests
{
    static readonly string[] Stopped =
    [
        "--data",
        "state",
        "--source",
        "in",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/",
        "--workers",
        "1",
        "--batch",
        "10",
        "--stop-deadline",
        "10ms",
        "--sink",
        "out",
    ];

    [LinuxTheory]
    [InlineData(
        "the stages were 'a', 'b' and are 'b', 'a'",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/",
        "--stage",
        "a=sed s/$/A/"
    )]
    [InlineData(
        "the command of stage 'b' was 'touch started; sleep 30; sed s/$/B/' and is 'sed s/$/B/'",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "b=sed s/$/B/"
    )]
    [InlineData(
        "the stages were 'a', 'b' and are 'a', 'new', 'b'",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "new=cat",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/"
    )]
    [InlineData("the stages were 'a', 'b' and are 'b'", "--stage", "b=touch started; sleep 30; sed s/$/B/")]
    [InlineData(
        "the records' end was a newline and is NUL",
        "--null",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/"
    )]
    [InlineData(
        "stage 'a' was not one-to-one and is",
        "--one-to-one",
        "a",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/"
    )]
    [InlineData(
        "stage 'a' was not persistent and is",
        "--persistent",
        "a",
        "--stage",
        "a=sed s/$/A/",
        "--stage",
        "b=touch started; sleep 30; sed s/$/B/"
    )]
    public async Task Waiting_records_do_not_continue_through_another_pipeline_by_mistake(
        string difference,
        params string[] stages
    )
    {
        await StopAsync();

        var refused = await RunAsync(["--data", "state", "--source", "in", .. stages, "--sink", "out"]);

        Sane(refused);
        Assert.Equal(2, refused.Exit);
        Assert.Contains("records of an earlier run wait", refused.Error, StringComparison.Ordinal);
        // What waits for a stage that is gone is told of before anything else.
        if (stages.Length > 2 || !refused.Error.Contains("which this pipeline does not have", StringComparison.Ordinal))
            Assert.Contains(difference, refused.Error, StringComparison.Ordinal);
        Assert.Contains("'conveyor drain'", refused.Error, StringComparison.Ordinal);
        Assert.Equal("", Read("out"));
    }

    [LinuxFact]
    public async Task A_changed_pipeline_continues_once_accepted_and_is_kept()
    {
        await StopAsync();
        string[] arguments =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "a=sed s/$/A/",
            "--stage",
            "b=sed s/$/C/",
            "--workers",
            "1",
            "--sink",
            "out",
        ];

        var accepted = await RunAsync([.. arguments, "--changed", "accept"]);
        Sane(accepted);
        Assert.Equal((0, string.Concat(Enumerable.Range(1, 50).Select(i => $"{i}AC\n"))), (accepted.Exit, Read("out")));

        var inspected = await Conveyor.RunAsync(Folder, "inspect", "state");
        Assert.Contains("sed s/$/C/", inspected.Text, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Records_of_a_removed_stage_are_kept_even_when_changes_are_accepted()
    {
        await StopAsync();
        string[] without =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "a=sed s/$/A/",
            "--sink",
            "out",
            "--changed",
            "accept",
        ];

        var refused = await RunAsync(without);
        Assert.Equal(2, refused.Exit);
        Assert.Matches(
            "records of an earlier run wait for the stage 'b', which this pipeline does not have. .*'conveyor drain'",
            refused.Error
        );

        Assert.Equal(0, (await Conveyor.RunAsync(Folder, "drain", "state", "b", "--to", "rest")).Exit);
        Assert.Equal(0, (await RunAsync(without)).Exit);
        Assert.Equal(
            50,
            (Read("rest") + Read("out")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count()
        );
    }

    [LinuxFact]
    public async Task Without_waiting_records_another_pipeline_continues()
    {
        Numbers("in", 3);
        Assert.Equal(
            0,
            (await RunAsync("--data", "state", "--source", "in", "--stage", "a=cat", "--sink", "out")).Exit
        );
        File.AppendAllText(Path.Combine(Folder, "in"), "4\n");

        Assert.Equal(
            0,
            (
                await RunAsync(
                    "--data",
                    "state",
                    "--source",
                    "in",
                    "--stage",
                    "b=sed s/$/B/",
                    "--stage",
                    "c=cat",
                    "--sink",
                    "out"
                )
            ).Exit
        );

        Assert.Equal("1\n2\n3\n4B\n", Read("out"));
    }

    [LinuxFact]
    public async Task A_drain_terminates_records_as_the_run_did()
    {
        Write("in", "a\nb\0c\0");
        var (slow, started) = ("slow=touch started; sleep 30; cat", Path.Combine(Folder, "started"));
        await StopAsync(
            started,
            ["--data", "state", "--source", "in", "--null", "--stage", slow, "--stop-deadline", "10ms", "--sink", "out"]
        );

        var drained = await Conveyor.RunAsync(Folder, "drain", "state", "slow", "--to", "rest");

        Sane(drained);
        Assert.Equal((0, "a\nb\0c\0"), (drained.Exit, Read("rest")));
    }

    /// <summary>Fifty lines on their way.</summary>
    Task StopAsync()
    {
        Numbers("in", 50);
        return StopAsync(Path.Combine(Folder, "started"), Stopped);
    }

    async Task StopAsync(string started, string[] arguments)
    {
        using var conveyor = Conveyor.Start(Folder, withInput: false, ["run", "--progress", "none", .. arguments]);
        var start = TimeProvider.System.GetTimestamp();
        while (!File.Exists(started))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60),
                "the command did not start"
            );
            await Task.Delay(20);
        }
        conveyor.Signal("TERM");
        Assert.Equal(130, (await conveyor.EndAsync()).Exit);
    }
}
