namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// Where a source stands: last lines without an end, files that change before or while they are read.
/// </summary>
public class LastLineTests : EndToEndTests
{
    [LinuxFact]
    public async Task An_incomplete_last_line_of_a_growing_file_waits_until_it_is_complete()
    {
        Write("log", "a\nb");
        var first = await RunAsync("--data", "state", "--source", "log", "--sink", "out");
        Assert.Equal((0, "a\n"), (first.Exit, Read("out")));
        Assert.Contains(
            "the last line of 'log' is incomplete: its 1 byte is left",
            first.Error,
            StringComparison.Ordinal
        );
        File.AppendAllText(Path.Combine(Folder, "log"), "c\nd\n");

        var second = await RunAsync("--data", "state", "--source", "log", "--sink", "out");

        Sane(second);
        Assert.Equal((0, "a\nbc\nd\n"), (second.Exit, Read("out")));
    }

    [LinuxTheory]
    [InlineData("a\nb", "a\nb\n", "take")]
    [InlineData("a\nb", "a\n", "keep")]
    [InlineData("b", "", "keep")]
    [InlineData("a\r\nb\r", "a\r\nb\r\n", null)]
    [InlineData("\n\n", "\n\n", null)]
    public async Task The_last_line_of_a_file_is_taken_unless_it_is_to_be_kept(
        string text,
        string written,
        string? mode
    )
    {
        Write("in", text);

        var result = await RunAsync([
            "--source",
            "in",
            "--stage",
            "k=cat",
            "--workers",
            "1",
            "--sink",
            "out",
            .. mode is null ? Array.Empty<string>() : ["--last-line", mode],
        ]);

        Sane(result);
        Assert.Equal((0, written), (result.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task The_end_of_a_pipe_ends_its_last_line_in_every_mode()
    {
        var result = await Conveyor.ScriptAsync(
            Folder,
            "mkfifo p; printf 'x\\ny' > p & printf 'a\\nb' | conveyor run --progress none --data s --last-line keep --source - --source p --sink out"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(
            ["a", "b", "x", "y"],
            Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
        );
    }

    [LinuxFact]
    public async Task A_taken_last_line_that_grew_is_reported_and_can_be_accepted_as_a_line()
    {
        string[] arguments = ["--data", "state", "--last-line", "take", "--source", "log", "--sink", "out"];
        Write("log", "a\nb");
        Assert.Equal(0, (await RunAsync(arguments)).Exit);
        File.AppendAllText(Path.Combine(Folder, "log"), "c\nd\n");

        var refused = await RunAsync(arguments);
        Assert.Equal(2, refused.Exit);
        Assert.Contains(
            "the line at its end, which had been read, has grown since. '--changed accept' reads the added bytes as a separate line",
            refused.Error,
            StringComparison.Ordinal
        );

        Assert.Equal(0, (await RunAsync([.. arguments, "--changed", "accept"])).Exit);
        Assert.Equal(0, (await RunAsync(arguments)).Exit);
        Assert.Equal("a\nb\nc\nd\n", Read("out"));
    }

    [LinuxTheory]
    [InlineData(400, true)]
    [InlineData(900, true)]
    [InlineData(0, false)]
    public async Task A_file_rewritten_after_its_first_bytes_is_detected_and_reread_if_accepted(int same, bool isLonger)
    {
        static string Rows(string mark, int count, int same) =>
            string.Concat(Enumerable.Range(1, count).Select(i => $"{(i <= same ? "hdr" : mark)}-{i:D7}\n"));
        string[] arguments =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "k=cat",
            "--workers",
            "1",
            "--sink",
            "out",
        ];
        Write("in", Rows("old", 1_000, same));
        Assert.Equal(0, (await RunAsync(arguments)).Exit);
        Write("in", Rows("new", isLonger ? 5_000 : 500, same));

        var refused = await RunAsync(arguments);
        Assert.Equal(2, refused.Exit);
        Assert.Contains("source 'in' has changed since it was read: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("'--changed accept'", refused.Error, StringComparison.Ordinal);

        var accepted = await RunAsync([.. arguments, "--changed", "accept"]);
        Sane(accepted);
        Assert.Equal((0, Rows("old", 1_000, same) + Read("in")), (accepted.Exit, Read("out")));
        Assert.Equal(0, (await RunAsync(arguments)).Exit);
        Assert.Equal(Rows("old", 1_000, same) + Read("in"), Read("out"));
    }

    [LinuxTheory]
    [InlineData(": > in", "it now has 0 bytes, but had 1,288,895 bytes")]
    [InlineData("head -c 1000000 in > t; cat t > in", "it now has 1,000,000 bytes, but had 1,288,895 bytes")]
    [InlineData("seq 2000000 2300000 > in", "it was rewritten")]
    public async Task A_file_truncated_or_rewritten_during_reading_fails_the_run(string change, string why)
    {
        var result = await Conveyor.ScriptAsync(
            Folder,
            // The limit of the source keeps it from being read to its end before the file has changed.
            $"seq 200000 > in; (until [ -e started ]; do sleep 0.1; done; {change}; touch changed) & "
                + "conveyor run --progress none --source in --stage 'k=touch started; until [ -e changed ]; do sleep 0.05; done; cat' --workers 1 --batch 5000 --max-per-source 20000 --sink out; e=$?; wait; exit $e"
        );

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.Contains(
            $"source 'in' was truncated or rewritten while it was read: {why}",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("has no end", result.Error, StringComparison.Ordinal);
        // The line that was cut through is not a line of its own.
        if (!change.StartsWith("seq", StringComparison.Ordinal))
            Assert.StartsWith(
                Read("out"),
                string.Concat(Enumerable.Range(1, 200_000).Select(i => $"{i}\n")),
                StringComparison.Ordinal
            );
    }

    [LinuxFact]
    public async Task A_file_renamed_during_reading_is_read_to_its_end_and_is_new_to_the_next_run()
    {
        var script =
            "seq 20000 > in; (until [ -e started ]; do sleep 0.1; done; mv in in.1; echo new > in) & "
            + "conveyor run --progress none --data s --source in --stage 'k=touch started; sleep 0.05; cat' --workers 1 --batch 2000 --sink out; e=$?; wait; exit $e";
        var first = await Conveyor.ScriptAsync(Folder, script);
        Assert.Equal(0, first.Exit);
        Assert.Equal(Read("in.1"), Read("out"));

        string[] arguments =
        [
            "--data",
            "s",
            "--source",
            "in",
            "--stage",
            "k=touch started; sleep 0.05; cat",
            "--sink",
            "out",
        ];
        var second = await RunAsync(arguments);
        Assert.Equal(2, second.Exit);
        Assert.Contains("it is a different file with the same name", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync([.. arguments, "--changed", "accept"])).Exit);
        Assert.Equal(Read("in.1") + "new\n", Read("out"));
    }

    [LinuxFact]
    public async Task A_file_generated_by_the_kernel_has_no_position_to_continue_from()
    {
        string[] arguments = ["--data", "s", "--source", "/proc/self/limits", "--sink", "out"];
        for (var i = 1; i <= 2; i++)
        {
            var result = await RunAsync(arguments);
            Sane(result);
            Assert.Equal(0, result.Exit);
            Assert.Equal(i, Read("out").Split("Max open files").Length - 1);
        }
    }
}
