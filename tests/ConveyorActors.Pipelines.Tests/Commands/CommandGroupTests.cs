using System.Globalization;
using System.Text;
using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

/// <summary>What a command finds when it starts, and what is left of it when it has ended.</summary>
public sealed class CommandGroupTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [UnixFact]
    public async Task A_writer_whose_reader_ended_ends() =>
        Assert.Equal(["y"], Texts(await RunAsync("cat >/dev/null; while :; do echo y; done | head -n 1", "a")));

    [UnixFact]
    public async Task Every_signal_has_its_default_and_none_is_blocked()
    {
        // Two of the signals belong to the C library.
        const ulong ours = 0x7fff_ffff;
        var masks = Texts(await RunAsync("grep -E '^Sig(Ign|Blk)' /proc/self/status", "a"));

        Assert.Equal(2, masks.Length);
        Assert.All(
            masks,
            mask =>
                Assert.Equal(
                    0UL,
                    ours & ulong.Parse(mask.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                )
        );
    }

    [UnixFact]
    public async Task A_command_leads_its_own_session_and_process_group()
    {
        var ids = Assert.Single(Texts(await RunAsync("echo $$ $(cut -d' ' -f5,6 /proc/$$/stat)", "a"))).Split(' ');

        Assert.Equal([ids[0], ids[0], ids[0]], ids);
    }

    [UnixFact]
    public async Task Commands_that_start_at_the_same_time_inherit_nothing_from_each_other()
    {
        // The pipes and files in memory that are open in the shell, as `ls` sees them: three, and what this process
        // inherited itself.
        const string open = "sleep 0.1; ls -l /proc/$$/fd";
        string[] Own(CommandResult result) =>
            [
                .. Texts(result)
                    .Where(line =>
                        line.Contains("-> pipe:", StringComparison.Ordinal)
                        || line.Contains("memfd:", StringComparison.Ordinal)
                    ),
            ];
        var alone = Own(await RunAsync(open, "a")).Length;

        var together = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => RunAsync(open, "a")));

        Assert.All(together, result => Assert.True(alone == Own(result).Length, string.Join('\n', Texts(result))));
    }

    [UnixFact]
    public async Task No_descriptor_is_left_open_when_commands_have_ended()
    {
        await RunAsync("cat", "a");
        int Open() => Directory.GetFiles("/proc/self/fd").Length;
        var before = Open();

        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(i =>
                    RunAsync(
                        i % 3 == 0 ? "exit 4"
                            : i % 3 == 1 ? "cat"
                            : "sleep 600 & echo x",
                        "a"
                    )
                )
        );

        // Other tests run meanwhile.
        Assert.InRange(Open(), 0, before + 60);
    }

    [UnixFact]
    public async Task The_input_is_complete_before_the_command_starts()
    {
        var line = new string('x', 200_000);

        var result = await RunAsync("wc -c", line);

        Assert.Equal(["200001"], Texts(result).Select(t => t.Trim()));
    }

    [UnixTheory]
    [InlineData("exec <&-; sleep 0.05; exit 0")]
    [InlineData("read -r first; echo $first")]
    [InlineData("cat /dev/stdin")]
    public async Task A_command_may_ignore_or_consume_its_input_in_any_way(string command) =>
        Assert.Equal(
            CommandEnd.Done,
            (await RunAsync(command, [.. Enumerable.Repeat(new string('x', 1000), 500)])).End
        );

    [UnixTheory]
    [InlineData("kill -TERM $$", "exit 143")]
    [InlineData("kill -KILL $$", "exit 137")]
    [InlineData("kill -SEGV $$", "exit 139")]
    [InlineData("exit 255", "exit 255")]
    public async Task An_end_by_a_signal_is_reported_as_a_shell_reports_it(string command, string error)
    {
        var result = await RunAsync(command, "a");

        Assert.Equal(CommandEnd.Failed, result.End);
        Assert.Equal(error, result.Error);
    }

    [UnixFact]
    public async Task A_child_with_its_own_session_is_killed_with_a_command_that_hangs()
    {
        var pid = temp.Path("pid");
        var stage = new StageDefinition("s", $"setsid sh -c 'echo $$ >{pid}; exec sleep 600' & sleep 600")
        {
            Timeout = TimeSpan.FromSeconds(1),
        };

        var result = await RunAsync(stage, "a");

        Assert.Equal(CommandEnd.TimedOut, result.End);
        await Processes.AssertGoneAsync(int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task A_child_in_the_background_that_never_stops_writing_fails_the_command()
    {
        var result = await RunAsync("(while :; do echo more; done) & echo done", "a");

        Assert.Equal(CommandEnd.Failed, result.End);
        Assert.Contains("in the background", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Whatever a command does, it ends in bounded time, and with its exit code when it has one.</summary>
    [UnixFact]
    public async Task Every_command_ends_and_its_exit_code_is_reported()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] doings =
        [
            "exec <&-",
            "exec >&-",
            "exec 2>&-",
            "cat",
            "head -n 1",
            "sleep 0.03",
            "sleep 600 &",
            "setsid sleep 0.3 &",
            "(echo late; exit 9) &",
            "yes | head -c 100000",
            "echo words >&2",
            "trap '' TERM INT HUP",
            "(sleep 0.02; kill -PIPE $$) 2>/dev/null &",
            "cat >/dev/null &",
            "echo x >&0",
            "ulimit -n 20",
        ];
        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(async _ =>
                {
                    string script;
                    int code;
                    lock (random)
                    {
                        script = string.Join(
                            '\n',
                            Enumerable.Range(0, random.Next(1, 6)).Select(_ => doings[random.Next(doings.Length)])
                        );
                        code = random.Next(3) == 0 ? random.Next(1, 100) : 0;
                    }
                    var result = await RunAsync(
                        $"{script}\nexit {code}",
                        [.. Enumerable.Range(0, 2000).Select(i => $"line {i}")]
                    );
                    var expected = code == 0 ? CommandEnd.Done : CommandEnd.Failed;
                    // A signal that it sent itself may come first.
                    Assert.True(
                        result.End == expected && result.ExitCode == code || result.ExitCode == 141,
                        $"seed {seed}: {result} of\n{script}\nexit {code}"
                    );
                })
        );
    }

    static Task<CommandResult> RunAsync(string command, params string[] lines) =>
        RunAsync(new StageDefinition("s", command), lines);

    static Task<CommandResult> RunAsync(StageDefinition stage, params string[] lines) =>
        new ShellCommand(stage, TimeProvider.System)
            .RunAsync(
                lines.Select(line => new ConveyorRecord("", Encoding.Latin1.GetBytes(line))).ToArray(),
                CancellationToken.None
            )
            .WaitAsync(Limit);

    static string[] Texts(CommandResult result) =>
        [.. result.Results.ToArray().Select(r => Encoding.Latin1.GetString(r.Payload.Span))];
}
