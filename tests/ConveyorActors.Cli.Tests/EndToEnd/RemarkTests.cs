namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What commands say although they are done, and commands that must write a line for each.</summary>
public class RemarkTests : EndToEndTests
{
    [LinuxFact]
    public async Task The_error_output_of_a_successful_command_is_in_the_summary()
    {
        Numbers("in", 9);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "k=cat; printf 'WARN\\033[1m\\n' >&2",
            "--batch",
            "3",
            "--workers",
            "1"
        );

        Sane(result);
        Assert.Equal((0, Read("in")), (result.Exit, result.Text));
        Assert.Contains("stage k said: WARN?[1m (3 times)", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Error);
    }

    [LinuxFact]
    public async Task A_remark_is_shown_once_during_the_run()
    {
        Numbers("in", 8);

        var result = await RunLineByLineAsync("k=echo hello >&2; sleep 0.6; cat");

        Assert.Single(result.Error.Split('\n'), l => l == "conveyor: stage k said: hello");
        Assert.Contains("stage k said: hello (8 times)", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Long_error_output_of_a_command_is_truncated_and_counted()
    {
        Numbers("in", 1);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "k=cat; seq 100000 >&2; head -c 1000000 /dev/zero | tr '\\0' x >&2",
            "--sink",
            "out"
        );

        Assert.Equal(0, result.Exit);
        Assert.InRange(result.Error.Length, 0, 10_000);
        Assert.Contains("stage k said: 99,981 lines more with other messages", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task The_binary_file_message_of_grep_is_shown_and_detected_by_one_to_one()
    {
        Write("in", string.Concat(Enumerable.Range(1, 50).Select(i => $"{i}\n")) + "a\0b\n51\n");
        string[] arguments =
        [
            "--source",
            "in",
            "--stage",
            "g=grep -v bot",
            "--sink",
            "out",
            "--retries",
            "0",
            "--dead-letters",
            "bad",
        ];

        var seen = await RunAsync(arguments);
        Assert.Equal(0, seen.Exit);
        Assert.Contains(
            "stage g said: grep: (standard input): binary file matches",
            seen.Error,
            StringComparison.Ordinal
        );

        var caught = await RunAsync([.. arguments, "--one-to-one", "g"]);
        Sane(caught);
        Assert.Equal(3, caught.Exit);
        Assert.Equal(51, Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(
            "it wrote 0 lines for one line, but must write one for each",
            Read("bad"),
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task A_pipeline_file_may_set_one_to_one_and_null()
    {
        Write("in", "a\nb\0c\0");
        Write(
            "p.json",
            """{ "sources": ["in"], "stages": [{ "name": "s", "command": "sort -z -r", "oneToOne": true }], "sink": "out", "null": true, "lastLine": "take" }"""
        );

        var result = await RunAsync("--pipeline", "p.json");

        Sane(result);
        Assert.Equal((0, "c\0a\nb\0"), (result.Exit, Read("out")));
    }
}
