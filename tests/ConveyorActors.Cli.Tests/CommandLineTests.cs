namespace ConveyorActors.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("--help", "  conveyor demo")]
    [InlineData("run --help", "  conveyor run --source access.log")]
    [InlineData("help", "  conveyor demo")]
    [InlineData("help --help", "  conveyor demo")]
    [InlineData("help run", "  conveyor run --source access.log")]
    [InlineData("help fsck --repair", "  conveyor fsck ./state --repair")]
    [InlineData("demo --help", "  conveyor demo --seconds 60")]
    [InlineData("bench --help", "  conveyor bench --seconds 20 --json bench.json")]
    [InlineData("run --bogus 3 --help", "  conveyor run --source access.log")]
    public async Task Help_shows_an_example(string line, string example)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(line.Split(' '));

        Assert.Equal(0, exit);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.Contains(
            example,
            output[output.IndexOf("Examples:", StringComparison.Ordinal)..],
            StringComparison.Ordinal
        );
        Assert.Empty(error);
    }

    [Fact]
    public async Task The_help_of_run_lists_the_exit_codes()
    {
        var (_, output, _) = await TestTerminal.ConveyorAsync("run", "--help");

        Assert.Contains(
            "Exit codes: 0 all settled, or the output was closed by its reader (as head does), even if lines are unfinished; 3 some lines",
            output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_version_is_a_number()
    {
        var (exit, output, _) = await TestTerminal.ConveyorAsync("--version");

        Assert.Equal(0, exit);
        Assert.Matches(@"^conveyor \d+\.\d+\.\d+(-[0-9a-z.-]+)?\s*$", output);
    }

    [Theory]
    [InlineData("help rum", "'rum' is not a verb; it must be one of run, demo", "did you mean run?")]
    [InlineData(
        "run -- --source in.txt",
        "'--source' comes after '--', where flags are not recognized; leave '--' out",
        "see conveyor run --help"
    )]
    [InlineData("rum", "'rum' is not a verb; it must be one of run, demo", "did you mean run?")]
    [InlineData("data --help", "'data' is not a verb; it must be one of run, demo", "see conveyor --help")]
    [InlineData("dmo", "'dmo' is not a verb", "did you mean demo?")]
    [InlineData("--bogus", "'--bogus' is not a verb", "see conveyor --help")]
    public async Task An_unknown_verb_is_refused_with_the_nearest(string verb, string complaint, string hint)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(verb.Split(' '));

        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_verb_is_refused()
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync();

        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.StartsWith("conveyor: a verb is missing; it must be one of run, demo", error, StringComparison.Ordinal);
    }
}
