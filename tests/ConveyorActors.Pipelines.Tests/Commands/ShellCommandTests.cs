using System.Diagnostics;
using System.Globalization;
using System.Text;
using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

public sealed class ShellCommandTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [UnixFact]
    public async Task A_command_reads_each_line_and_returns_each_line()
    {
        var result = await RunAsync("cat", "a", "", "b\r", "\u00ff");

        Assert.Equal(CommandEnd.Done, result.End);
        Assert.Equal(["a", "", "b\r", "\u00ff"], Texts(result));
    }

    [UnixFact]
    public async Task Records_end_with_NUL_in_the_input_and_the_output_of_a_command()
    {
        var shell = new ShellCommand(new StageDefinition("s", "sort -z -r"), TimeProvider.System, lineEnd: 0);

        var result = await shell.RunAsync(Records("a\nb", "c"), CancellationToken.None).WaitAsync(Limit);

        Assert.Equal(["c", "a\nb"], Texts(result));
    }

    [UnixTheory]
    [InlineData("cat", true)]
    [InlineData("sed s/a/b/", true)]
    [InlineData("cat; echo more", false)]
    [InlineData("head -n 1", false)]
    [InlineData("cat >/dev/null", false)]
    public async Task A_one_to_one_command_fails_if_it_does_not_write_one_line_for_each(string command, bool isDone)
    {
        var result = await RunAsync(new StageDefinition("s", command) { OneToOne = true }, "a", "b");

        Assert.Equal(isDone ? CommandEnd.Done : CommandEnd.Failed, result.End);
        if (!isDone)
            Assert.Matches("^it wrote (one line|[0-9]+ lines) for 2 lines, but must write one for each", result.Error);
    }

    [UnixFact]
    public async Task The_error_output_of_a_command_is_kept_only_when_it_succeeds()
    {
        var remarks = new CommandRemarks();
        foreach (var end in new[] { "exit 0", "exit 1" })
            await new ShellCommand(new StageDefinition("s", $"echo '{end}' >&2; {end}"), TimeProvider.System, remarks)
                .RunAsync(Records("a"), CancellationToken.None)
                .WaitAsync(Limit);

        Assert.Equal(new CommandRemark("s", "exit 0", 1), Assert.Single(remarks.All));
    }

    [UnixFact]
    public async Task A_last_result_without_a_newline_is_a_line() =>
        Assert.Equal(["x", "y"], Texts(await RunAsync("printf 'x\\ny'", "a")));

    [UnixFact]
    public async Task A_command_may_write_nothing() => Assert.Empty(Texts(await RunAsync("cat >/dev/null", "a")));

    [UnixFact]
    public async Task Large_input_and_large_output_flow_at_the_same_time()
    {
        var lines = Enumerable
            .Range(0, 100_000)
            .Select(i => $"line {i} of a batch that is larger than any pipe")
            .ToArray();

        var result = await RunAsync("cat", lines);

        Assert.Equal(lines, Texts(result));
    }

    [UnixFact]
    public async Task Lines_longer_than_the_buffers_pass_unchanged()
    {
        var lines = new[] { new string('a', 200_000), "b", new string('c', 65_536), new string('d', 65_535), "" };

        Assert.Equal(lines, Texts(await RunAsync("cat", lines)));
    }

    [UnixFact]
    public async Task A_command_may_close_its_input_early()
    {
        var result = await RunAsync(
            "head -1",
            [.. Enumerable.Range(0, 200_000).Select(i => i.ToString(CultureInfo.InvariantCulture))]
        );

        Assert.Equal(CommandEnd.Done, result.End);
        Assert.Equal(["0"], Texts(result));
    }

    [UnixFact]
    public async Task A_command_may_ignore_its_input() =>
        Assert.Equal(
            ["hello"],
            Texts(await RunAsync("echo hello", [.. Enumerable.Repeat(new string('x', 1000), 10_000)]))
        );

    [UnixFact]
    public async Task A_command_may_write_much_without_reading()
    {
        var result = await RunAsync("yes | head -c 10000000", [.. Enumerable.Repeat(new string('x', 1000), 1000)]);

        Assert.Equal(CommandEnd.Done, result.End);
        Assert.Equal(5_000_000, result.Results.Length);
    }

    [UnixFact]
    public async Task A_command_with_too_much_output_is_ended_before_it_uses_all_memory()
    {
        var result = await RunAsync("yes a-line-that-never-ends", "a").WaitAsync(Limit);

        Assert.Equal(CommandEnd.Failed, result.End);
        Assert.Equal("it wrote more than 64 MiB for one line; --max-results sets how much it may write", result.Error);
    }

    [UnixTheory]
    [InlineData("printf 'abc\\n'", 27, true)]
    [InlineData("printf 'abc\\n'", 26, false)]
    [InlineData("printf 'abcd\\nabcd\\n'", 36, true)]
    [InlineData("printf 'abcd\\nabcd\\n'", 35, false)]
    [InlineData("head -c 1000000 /dev/zero", 1_000_024, true)]
    [InlineData("head -c 1000000 /dev/zero", 999_999, false)]
    public async Task Results_have_a_limit_that_the_error_names(string command, long most, bool isEnough)
    {
        var result = await RunAsync(new StageDefinition("s", command) { MaxResults = most }, "a");

        Assert.Equal(isEnough ? CommandEnd.Done : CommandEnd.Failed, result.End);
        if (!isEnough)
            Assert.Equal(
                $"it wrote more than {most:N0} bytes for one line; --max-results sets how much it may write",
                result.Error
            );
    }

    [UnixFact]
    public async Task Many_small_results_are_not_counted_as_large_ones()
    {
        var result = await RunAsync("seq 600000", "a");

        Assert.Equal((CommandEnd.Done, 600_000), (result.End, result.Results.Length));
    }

    [UnixFact]
    public async Task Results_may_be_as_large_as_the_limit_that_was_set()
    {
        var result = await RunAsync(
            new StageDefinition("s", "head -c 70000000 /dev/zero") { MaxResults = 512L << 20 },
            "a"
        );

        Assert.Equal((CommandEnd.Done, 70_000_000), (result.End, result.Results.Span[0].Payload.Length));
    }

    [UnixFact]
    public async Task A_failure_is_shown_with_its_exit_code_and_its_last_line_of_error_output()
    {
        var result = await RunAsync("echo first >&2; echo 'bad luck' >&2; echo >&2; exit 3", "a");

        Assert.Equal(CommandEnd.Failed, result.End);
        Assert.Equal("exit 3: bad luck", result.Error);
    }

    [UnixFact]
    public async Task Long_error_output_does_not_stop_a_command()
    {
        var result = await RunAsync("yes complaint | head -c 1000000 >&2; echo last >&2; exit 1", "a");

        Assert.Equal("exit 1: last", result.Error);
    }

    [UnixFact]
    public async Task Other_exit_codes_can_mean_success()
    {
        var result = await RunAsync(new StageDefinition("s", "grep b") { OkExitCodes = [0, 1] }, "a");

        Assert.Equal(CommandEnd.Done, result.End);
        Assert.Equal(0, result.Results.Length);
    }

    [UnixTheory]
    [InlineData("no-such-command-anywhere", "exit 127: ")]
    [InlineData("/dev/null", "exit 126: ")]
    public async Task A_command_that_is_not_found_fails_with_the_error_text_of_the_shell(string command, string error)
    {
        var result = await RunAsync(command, "a");

        Assert.Equal(CommandEnd.Failed, result.End);
        Assert.StartsWith(error, result.Error);
        Assert.Contains(command, result.Error);
    }

    [UnixFact]
    public async Task A_command_that_hangs_is_killed_with_its_children()
    {
        // One child that is waited for, one that has lost its parent, both of which hold the pipes open.
        var pids = temp.Path("pids");
        var stage = new StageDefinition(
            "s",
            $"(sleep 600 & echo $! >>{pids}); sleep 600 & echo $! >>{pids}; echo $$ >>{pids}; wait"
        )
        {
            Timeout = TimeSpan.FromSeconds(1),
        };

        var result = await RunAsync(stage, "a").WaitAsync(Limit);

        Assert.Equal(CommandEnd.TimedOut, result.End);
        Assert.Equal("timed out after 1 s", result.Error);
        var all = File.ReadAllLines(pids);
        Assert.Equal(3, all.Length);
        foreach (var pid in all)
            await Processes.AssertGoneAsync(int.Parse(pid, CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task A_command_that_never_reads_is_killed_too()
    {
        var result = await RunAsync(
                new StageDefinition("s", "exec sleep 600") { Timeout = TimeSpan.FromMilliseconds(300) },
                new string('x', 1_000_000)
            )
            .WaitAsync(Limit);

        Assert.Equal(CommandEnd.TimedOut, result.End);
        Assert.Equal("timed out after 0.3 s", result.Error);
    }

    [UnixTheory]
    [InlineData("echo done; sleep 600 &")]
    [InlineData("echo done; sleep 600 >/dev/null &")]
    [InlineData("sleep 600 2>/dev/null & echo done")]
    [InlineData("(while sleep 0.02; do echo complaint >&2; done) & echo done")]
    public async Task A_background_child_does_not_delay_lines_that_succeeded(string command)
    {
        var pid = temp.Path("pid");
        var stage = new StageDefinition("s", $"{command} echo $! >{pid}") { Timeout = TimeSpan.FromSeconds(20) };
        if (!command.EndsWith('&'))
            stage = stage with { Command = $"{command}; echo $! >{pid}" };

        var result = await RunAsync(stage, "a");

        Assert.Equal(CommandEnd.Done, result.End);
        Assert.Equal(["done"], Texts(result));
        await Processes.AssertGoneAsync(int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task Early_output_of_a_background_child_belongs_to_the_results()
    {
        var result = await RunAsync("(sleep 0.05; echo late) & echo early", "a");

        Assert.Equal(["early", "late"], Texts(result));
    }

    [UnixFact]
    public async Task A_command_is_killed_when_the_run_ends()
    {
        using var kill = new CancellationTokenSource();
        var pid = temp.Path("pid");
        var running = new ShellCommand(
            new StageDefinition("s", $"echo $$ >{pid}; exec sleep 600"),
            TimeProvider.System
        ).RunAsync(Records("a"), kill.Token);
        await Processes.AppearsAsync(pid);

        await kill.CancelAsync();

        Assert.Equal(CommandEnd.Killed, (await running.WaitAsync(Limit)).End);
        await Processes.AssertGoneAsync(int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task Many_commands_at_once_do_not_wait_for_each_other()
    {
        // None of them ends before all are at work.
        const int count = 40;
        var (atWork, go) = (Directory.CreateDirectory(temp.Path("at-work")), temp.Path("go"));
        var running = Task.WhenAll(
            Enumerable
                .Range(0, count)
                .Select(i =>
                    RunAsync($"touch '{atWork.FullName}/{i}'; until [ -e '{go}' ]; do sleep 0.2; done; cat", "a")
                )
        );

        for (
            var began = Stopwatch.GetTimestamp();
            atWork.GetFiles().Length < count && !running.IsCompleted && Stopwatch.GetElapsedTime(began) < Limit;

        )
            await Task.Delay(20);
        var together = atWork.GetFiles().Length;
        await File.WriteAllTextAsync(go, "");

        Assert.All(await running, result => Assert.Equal(["a"], Texts(result)));
        Assert.Equal(count, together);
    }

    static Task<CommandResult> RunAsync(string command, params string[] lines) =>
        RunAsync(new StageDefinition("s", command), lines);

    static Task<CommandResult> RunAsync(StageDefinition stage, params string[] lines) =>
        new ShellCommand(stage, TimeProvider.System).RunAsync(Records(lines), CancellationToken.None).WaitAsync(Limit);

    static ConveyorRecord[] Records(params string[] lines) =>
        [.. lines.Select(line => new ConveyorRecord("", Encoding.Latin1.GetBytes(line)))];

    static string[] Texts(CommandResult result) =>
        [.. result.Results.ToArray().Select(r => Encoding.Latin1.GetString(r.Payload.Span))];
}
