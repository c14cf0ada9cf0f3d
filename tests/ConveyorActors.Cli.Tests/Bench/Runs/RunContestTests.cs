using ConveyorActors.Cli.Bench.Runs;
using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.Bench.Runs;

public sealed class RunContestTests : EndToEndTests
{
    [LinuxFact]
    public async Task Each_contender_is_measured_and_all_write_the_same_bytes()
    {
        var table = Path.Combine(Folder, "a table's name");
        await RunContest.WriteTableAsync(table, 3_000, CancellationToken.None);
        var contest = new RunContest(
            Folder,
            table,
            RunContest.Quote(Conveyor.Program),
            hasParallel: false,
            fewestRounds: 1
        );

        var (rows, bars, rounds) = await contest.RunAsync(TimeSpan.Zero, _ => { }, CancellationToken.None);

        Assert.Equal((3_000, 1), (contest.Lines, rounds));
        Assert.Equal(
            ["pipe", "run", "run_data", "pipe_cat", "run_stays", "pipe_three", "run_three"],
            rows.Select(r => r.Name)
        );
        Assert.All(rows, row => Assert.True(row.Seconds > 0));
        Assert.Equal(["three_to_pipe", "stays_per_line", "per_line"], bars.Select(b => b.Name));
    }

    [LinuxFact]
    public async Task A_contender_that_writes_different_bytes_is_reported()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "in"), "a\tb\tc\n");
        var contest = new RunContest(
            Folder,
            Path.Combine(Folder, "in"),
            "echo other > out #",
            hasParallel: false,
            fewestRounds: 1
        );

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            contest.RunAsync(TimeSpan.Zero, _ => { }, CancellationToken.None)
        );

        Assert.Equal("run wrote different bytes than the shell's pipe.", error.Message);
    }

    [LinuxFact]
    public async Task A_contender_that_fails_is_reported_with_its_error_output()
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "in"), "a\n");
        var contest = new RunContest(
            Folder,
            Path.Combine(Folder, "in"),
            "echo broken >&2; exit 7 #",
            hasParallel: false,
            fewestRounds: 1
        );

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            contest.RunAsync(TimeSpan.Zero, _ => { }, CancellationToken.None)
        );

        Assert.EndsWith("ended with 7: broken", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0m0.000s 0m0.000s", 0)]
    [InlineData("0m1.250s 0m0.310s", 1_560)]
    [InlineData("2m0.500s 1m0.250s", 180_750)]
    public void Processor_times_of_the_shell_are_added_up(string line, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), TimedScript.ParseProcessorTime(line));
}
