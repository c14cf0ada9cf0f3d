namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Ctrl-C and SIGTERM.</summary>
public class StopTests : EndToEndTests
{
    [LinuxFact]
    public Task Ctrl_C_stops_cleanly_with_a_report() => Stops_cleanly("INT");

    [LinuxFact]
    public Task Sigterm_stops_like_ctrl_c() => Stops_cleanly("TERM");

    [LinuxFact]
    public async Task A_second_signal_leaves_at_once()
    {
        using var conveyor = Start("--stage", "hangs=touch started; sleep 60", "--stop-deadline", "60s");
        await StartedAsync();
        conveyor.Signal("INT");
        // Two of one kind that are pending at the same time are one.
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        conveyor.Signal("INT");
        var start = TimeProvider.System.GetTimestamp();

        var result = await conveyor.EndAsync();

        Assert.Equal(130, result.Exit);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, 10);
        Assert.Contains("left at once", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Commands_that_take_longer_than_the_deadline_are_ended()
    {
        using var conveyor = Start("--stage", "hangs=touch started; sleep 60", "--stop-deadline", "200ms");
        await StartedAsync();
        conveyor.Signal("INT");

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains("interrupted with 100 lines unfinished", result.Error, StringComparison.Ordinal);
    }

    async Task Stops_cleanly(string signal)
    {
        using var conveyor = Start("--stage", "slow=touch started; sleep 2; cat", "--batch", "10", "--workers", "1", "--sink", "out");
        await StartedAsync();
        conveyor.Signal(signal);

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains("stopping: commands that are running may take 10.0 s more", result.Error, StringComparison.Ordinal);
        Assert.Contains("interrupted with 90 lines unfinished; read 100 lines, wrote 10", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"slow +100 = +10 \+ +0 \+ +0 \+ +90 +adds up", result.Error);
        Assert.Equal(10, Read("out").Count(c => c == '\n'));
    }

    Conveyor Start(params string[] arguments)
    {
        Numbers("in", 100);
        return Conveyor.Start(Folder, withInput: false, ["run", "--source", "in", "--progress", "none", .. arguments]);
    }

    async Task StartedAsync()
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!File.Exists(Path.Combine(Folder, "started")))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "the command did not start");
            await Task.Delay(20);
        }
    }
}
