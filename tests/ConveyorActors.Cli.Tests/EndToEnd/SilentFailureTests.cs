namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A command that ends with exit 1 and no message, as grep does when nothing matches.</summary>
public class SilentFailureTests : EndToEndTests
{
    const string Hint =
        "stage 'odd': 10 lines failed with exit 1 and no message; if this exit code means success, as for grep without a match, use --ok-exit odd=0,1";

    [LinuxFact]
    public async Task A_user_of_grep_without_its_exit_code_is_told_what_to_say()
    {
        Numbers("in", 40);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "odd=grep '[13579]$'",
            "--retries",
            "0",
            "--batch",
            "1"
        );

        Assert.Contains($"warning: {Hint}\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(20, result.Text.Count(c => c == '\n'));
    }

    [LinuxFact]
    public async Task The_user_is_told_while_the_run_is_slow_and_not_only_at_its_end()
    {
        Numbers("in", 30);

        // The last line takes longer than two lines of progress are apart, and ten lines have failed before it.
        var result = await RunLineByLineAsync(
            "odd=read n; [ $n = 30 ] && sleep 5; echo $n | grep '[13579]$'",
            "--retries",
            "0"
        );

        Assert.Single(result.Error.Split('\n'), l => l == $"conveyor: {Hint}");
    }

    [LinuxTheory]
    [InlineData("grep '[13579]$' || { echo no >&2; exit 1; }", 40)]
    [InlineData("grep '[13579]$' || exit 2", 40)]
    [InlineData("grep '[13579]$'", 18)]
    public async Task Other_failures_and_a_few_of_them_are_no_reason_to_say_it(string command, int lines)
    {
        Numbers("in", lines);

        var result = await RunAsync("--source", "in", "--stage", $"odd={command}", "--retries", "0", "--batch", "1");

        Assert.Equal(lines / 2, result.Text.Count(c => c == '\n'));
        Assert.DoesNotContain("--ok-exit", result.Error, StringComparison.Ordinal);
    }
}
