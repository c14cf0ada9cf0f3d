namespace ConveyorActors.Cli.Tests.EndToEnd;

public class DemoTests : EndToEndTests
{
    [LinuxFact]
    public async Task The_demo_shows_every_signal_and_the_poison_record_and_adds_up()
    {
        var result = await Conveyor.RunAsync(Folder, "demo", "--seconds", "8");

        Sane(result);
        Assert.Equal(0, result.Exit);
        foreach (var source in new[] { "orders", "clicks", "sensors" })
        {
            Assert.Contains($"{source}: None -> SlowDown(", result.Text, StringComparison.Ordinal);
            Assert.Contains($"{source}: SlowDown -> Pause", result.Text, StringComparison.Ordinal);
            Assert.Contains($"{source}: SlowDown -> None", result.Text, StringComparison.Ordinal);
        }

        Assert.Contains("caused the failure", result.Text, StringComparison.Ordinal);
        Assert.Contains("is now a dead letter", result.Text, StringComparison.Ordinal);
        Assert.Matches(@"dead letter: orders-\d+ at enrich, retried 2 times: the price is not a number", result.Text);
        Assert.Equal(3, result.Lines.Count(l => l.Contains("adds up", StringComparison.Ordinal)));
        Assert.Empty(result.Error);
    }

    [LinuxFact]
    public async Task The_demo_can_be_interrupted()
    {
        using var conveyor = Conveyor.Start(Folder, withInput: false, "demo");
        await conveyor.SaysAsync(new(@"SlowDown"));
        conveyor.Signal("INT");

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains("interrupted; ", result.Text, StringComparison.Ordinal);
    }
}
