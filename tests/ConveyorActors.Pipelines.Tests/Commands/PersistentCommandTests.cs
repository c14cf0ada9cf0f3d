using System.Text;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Commands;

public sealed class PersistentCommandTests
{
    const string Echo = "while IFS= read -r l; do echo \"$l\"; done";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    int started;
    readonly List<string> outOfStep = [],
        warnings = [];

    [UnixFact]
    public async Task One_command_replies_to_all_batches_line_by_line()
    {
        await using var command = Make("sed -u s/a/b/");

        Assert.Equal(["b1", "b2"], Texts(await RunAsync(command, "a1", "a2")));
        Assert.Equal([""], Texts(await RunAsync(command, "")));
        Assert.Equal(["b3\r"], Texts(await RunAsync(command, "a3\r")));
        Assert.Equal(1, started);
    }

    [UnixFact]
    public async Task Records_that_end_with_NUL_are_replied_to_with_NUL()
    {
        await using var command = Make("sed -u -z s/a/b/", lineEnd: 0);

        Assert.Equal(["b\nx", "c"], Texts(await RunAsync(command, "a\nx", "c")));
    }

    [UnixFact]
    public async Task Many_bytes_go_both_ways_at_once_without_a_deadlock()
    {
        await using var command = Make("cat");
        string[] lines =
        [
            .. Enumerable.Range(0, 20_000).Select(i => $"{i} {new string('x', 200)}"),
            new string('y', 3_000_000),
            "",
        ];

        Assert.Equal(lines, Texts(await RunAsync(command, lines)));
        Assert.Empty(outOfStep);
    }

    /// <summary>
    /// What a command does with a line 'bad' in the middle of others, how many lines before it are taken, and what is
    /// said of it.
    /// </summary>
    [UnixTheory]
    [InlineData("exits with a code", "sed -u '/bad/Q3'", 2, "exit 3 before it replied")]
    [InlineData("exits with 0", "sed -u '/bad/Q'", 2, "exit 0 before it replied")]
    [InlineData(
        "says why",
        "while read -r l; do [ $l = bad ] && { echo no >&2; exit 4; }; echo $l; done",
        2,
        "exit 4 before it replied: no"
    )]
    [InlineData(
        "writes part of a line",
        "while read -r l; do [ $l = bad ] && { printf par; exit 4; }; echo $l; done",
        2,
        "exit 4 before it replied"
    )]
    [InlineData(
        "dies of a signal",
        "while read -r l; do [ $l = bad ] && kill -9 $$; echo $l; done",
        2,
        "exit 137 before it replied"
    )]
    [InlineData(
        "closes its output",
        "while read -r l; do [ $l = bad ] && { exec >/dev/null; sleep 100; }; echo $l; done",
        2,
        "it closed its output before it replied"
    )]
    public async Task Lines_replied_to_before_the_command_ends_are_settled(
        string what,
        string shell,
        int answered,
        string error
    )
    {
        await using var command = Make(shell);

        var result = await RunAsync(command, "a", "b", "bad", "c", "d");

        Assert.Equal(
            (what, CommandEnd.Failed, answered, (int?)answered, error),
            (what, result.End, result.Replied, result.Suspect, result.Error)
        );
        Assert.Equal(["a", "b"], Texts(result));
        Assert.Equal(["c", "d"], Texts(await RunAsync(command, "c", "d")));
        Assert.Equal(2, started);
    }

    [UnixTheory]
    [InlineData("hangs", "while read -r l; do [ $l = bad ] && sleep 100; echo $l; done", 2)]
    [InlineData("leaves the line out", "sed -u /bad/d", 4)]
    [InlineData(
        "writes part of a line",
        "while read -r l; do [ $l = bad ] && { printf par; sleep 100; }; echo $l; done",
        2
    )]
    public async Task A_line_without_a_reply_in_time_is_suspected_and_its_batch_has_no_results(
        string what,
        string shell,
        int suspect
    )
    {
        await using var command = Make(shell, new StageDefinition("s", "") { Timeout = TimeSpan.FromSeconds(2.5) });
        Assert.Equal(["a"], Texts(await RunAsync(command, "a")));

        var result = await RunAsync(command, "a", "b", "bad", "c", "d");

        Assert.Equal((what, CommandEnd.TimedOut, 0, (int?)suspect), (what, result.End, result.Replied, result.Suspect));
        Assert.Equal("timed out after 2.5 s without a reply", result.Error);
        Assert.Empty(Texts(result));
    }

    [UnixTheory]
    [InlineData("while read -r l; do [ $l = bad ] && printf '1\\n2\\n' || echo $l; done")]
    [InlineData("yes")]
    [InlineData("while read -r l; do printf \"$l\\npart\"; done")]
    public async Task A_line_too_many_fails_the_lines_it_came_with(string shell)
    {
        await using var command = Make(shell);

        var result = await RunAsync(command, "bad");

        Assert.Equal((CommandEnd.Failed, 0), (result.End, result.Replied));
        Assert.EndsWith(
            "a persistent command must write exactly one line for each",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task A_command_that_writes_before_its_next_line_is_restarted_and_reported()
    {
        using var temp = new TempDirectory();
        var more = temp.Path("more");
        await using var command = Make(
            $"mkdir {more}1 && (while [ ! -e {more} ]; do sleep 0.01; done; echo late; touch {more}2) & {Echo}"
        );
        Assert.Equal(["a"], Texts(await RunAsync(command, "a")));
        File.WriteAllText(more, "");
        while (!File.Exists(more + "2"))
            await Task.Delay(5);

        Assert.Equal(["b"], Texts(await RunAsync(command, "b")));

        Assert.Contains("results may belong to other lines", Assert.Single(outOfStep), StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_command_that_writes_at_the_end_of_its_input_is_reported()
    {
        await using (var command = Make($"{Echo}; echo total"))
            Assert.Equal(["a"], Texts(await RunAsync(command, "a")));

        Assert.StartsWith(
            "it wrote more after its input had ended",
            Assert.Single(outOfStep),
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task A_command_that_writes_only_when_its_input_ends_is_reported_and_then_refused()
    {
        await using var command = new PersistentCommand(
            new StageDefinition("s", "sort"),
            TimeProvider.System,
            new CommandRemarks(),
            (byte)'\n'
        )
        {
            Warn = warnings.Add,
            FirstReply = TimeSpan.FromMilliseconds(100),
            HeldBackGrace = Limit,
        };

        Assert.Equal(["a", "b"], Texts(await RunAsync(command, "a", "b")));
        Assert.Contains(
            "then at once after its input was closed; does it write each line at once",
            Assert.Single(warnings),
            StringComparison.Ordinal
        );
        var again = await RunAsync(command, "a", "b");

        Assert.Equal(CommandEnd.CannotRun, again.End);
        Assert.StartsWith(
            "the command holds its output back until its input ends; ",
            again.Error,
            StringComparison.Ordinal
        );
    }

    [UnixTheory]
    [InlineData("exits between lines", "read -r l; echo $l")]
    [InlineData("closes its input between lines", "read -r l; echo $l; exec <&-; sleep 100")]
    public async Task A_command_that_ends_between_batches_is_restarted_and_no_line_fails(string what, string shell)
    {
        await using var command = Make(shell);

        foreach (var line in (string[])["a", "b", "c"])
            Assert.Equal((what, line), (what, Assert.Single(Texts(await RunAsync(command, line)))));
        Assert.Equal(3, started);
        Assert.Empty(outOfStep);
    }

    [UnixFact]
    public async Task A_command_killed_from_outside_between_batches_is_restarted()
    {
        await using var command = Make("while read -r l; do echo $$; done");
        var pid = Assert.Single(Texts(await RunAsync(command, "a")));
        using (
            var process = System.Diagnostics.Process.GetProcessById(
                int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)
            )
        )
            process.Kill();

        var next = Assert.Single(Texts(await RunAsync(command, "b")));

        Assert.NotEqual(pid, next);
    }

    [UnixFact]
    public async Task A_reply_of_more_bytes_than_may_be_held_is_a_failure()
    {
        await using var command = Make(
            "while read -r l; do head -c 100000 /dev/zero | tr '\\0' x; echo; done",
            new StageDefinition("s", "") { MaxResults = 1000 }
        );

        var result = await RunAsync(command, "a");

        Assert.Equal(
            (
                CommandEnd.Failed,
                "it wrote more than 1,000 bytes for one line; --max-results sets how much it may write"
            ),
            (result.End, result.Error)
        );
    }

    [UnixFact]
    public async Task A_killed_command_keeps_the_results_of_lines_it_replied_to()
    {
        using var kill = new CancellationTokenSource();
        using var temp = new TempDirectory();
        var at = temp.Path("at");
        await using var command = Make(
            $"while read -r l; do [ $l = c ] && {{ touch {at}; sleep 100; }}; echo $l; done"
        );
        var running = command.RunAsync(Records("a", "b", "c"), kill.Token);
        while (!File.Exists(at))
            await Task.Delay(5);
        await kill.CancelAsync();

        var result = await running.WaitAsync(Limit);

        Assert.Equal((CommandEnd.Killed, 2), (result.End, result.Replied));
        Assert.Equal(["a", "b"], Texts(result));
    }

    [UnixFact]
    public async Task A_header_is_given_once_and_its_reply_is_not_a_result()
    {
        var header = new CommandHeader(
            HeaderLines.From(new ConveyorRecord[] { new("", "h"u8.ToArray()) }),
            HeaderLines.None
        );
        await using var command = Make("sed -u s/^/x/");

        Assert.Equal(
            ["xa"],
            Texts(await command.RunAsync(Records("a"), CancellationToken.None, header).WaitAsync(Limit))
        );
        Assert.Equal(
            ["xb"],
            Texts(await command.RunAsync(Records("b"), CancellationToken.None, header).WaitAsync(Limit))
        );
        Assert.Equal(["xc"], Texts(await RunAsync(command, "c")));
        Assert.Equal(2, started);
    }

    [UnixFact]
    public async Task A_command_that_fails_after_its_last_line_is_reported()
    {
        await using (var command = Make($"{Echo}; exit 7"))
            Assert.Equal(["a"], Texts(await RunAsync(command, "a")));

        Assert.Equal("the command had replied to all lines and ended with exit 7", Assert.Single(warnings));
    }

    PersistentCommand Make(string shell, StageDefinition? like = null, byte lineEnd = (byte)'\n') =>
        new(
            (like ?? new StageDefinition("s", "")) with
            {
                Command = shell,
            },
            TimeProvider.System,
            new CommandRemarks(),
            lineEnd
        )
        {
            Started = () => started++,
            OutOfStep = outOfStep.Add,
            WroteMore = outOfStep.Add,
            Warn = warnings.Add,
            StopDeadline = TimeSpan.FromSeconds(10),
        };

    static Task<CommandResult> RunAsync(PersistentCommand command, params string[] lines) =>
        command.RunAsync(Records(lines), CancellationToken.None).WaitAsync(Limit);

    static ConveyorRecord[] Records(params string[] lines) =>
        [.. lines.Select(line => new ConveyorRecord("", Encoding.Latin1.GetBytes(line)))];

    static string[] Texts(CommandResult result) =>
        [.. result.Results.ToArray().Select(r => Encoding.Latin1.GetString(r.Payload.Span))];
}
