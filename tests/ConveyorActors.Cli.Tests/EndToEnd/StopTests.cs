namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Ctrl-C and SIGTERM.</summary>
public class StopTests : EndToEndTests
{
    [LinuxFact]
    public Task Ctrl_C_stops_cleanly_with_a_report() => Stops_cleanly("INT");

    [LinuxTheory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    public Task Other_signals_stop_like_ctrl_c(string signal) => Stops_cleanly(signal);

    [LinuxFact]
    public async Task A_signal_while_the_data_directory_is_created_stops_the_run_cleanly()
    {
        Numbers("in", 100);
        string[] run = ["--data", "state", "--source", "in", "--stage", "k=cat", "--workers", "1", "--sink", "out"];

        // The lock is the first file of the directory.
        var stopped = await Conveyor.ScriptAsync(
            Folder,
            $"\"$PROGRAM\" run --progress none {string.Join(' ', run)} & "
                + "while [ ! -e state/lock ]; do :; done; kill -TERM $!; wait $!"
        );
        var resumed = await RunAsync(run);

        Sane(stopped);
        Assert.Equal((130, 0), (stopped.Exit, resumed.Exit));
        Assert.Equal(Read("in"), Read("out"));
    }

    [LinuxFact]
    public async Task A_signal_while_a_server_creates_its_data_directory_stops_it_cleanly()
    {
        var stopped = await Conveyor.ScriptAsync(
            Folder,
            "\"$PROGRAM\" serve --data state --listen 127.0.0.1:0 & "
                + "while [ ! -e state/lock ]; do :; done; kill -TERM $!; wait $!"
        );

        Sane(stopped);
        Assert.Equal(0, stopped.Exit);
    }

    [LinuxFact]
    public async Task A_signal_to_the_whole_group_lets_running_commands_finish()
    {
        Numbers("in", 1000);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "timeout -s INT 3 \"$PROGRAM\" run --source in --batch 100 --workers 2 --stage 'k=echo >started; sleep 4; cat' --sink out --progress none"
        );

        Sane(result);
        Assert.Equal(200, Read("out").Count(c => c == '\n'));
        Assert.Contains("interrupted with 800 lines unfinished", result.Error, StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_to_the_whole_group_loses_no_line_of_a_command_that_exits_with_0(string signal)
    {
        Numbers("in", 200);
        const string command = "trap exit INT TERM; echo >started; while read -r l; do echo $l; sleep 0.01; done";

        // The run is the leader of the group that timeout signals, as in a terminal.
        var stopped = await Conveyor.ScriptAsync(
            Folder,
            $"timeout -s {signal} 2 \"$PROGRAM\" run --data state --source in --batch 100 --workers 1 --stage 'k={command}' --sink out --progress none"
        );
        var resumed = await RunAsync(
            "--data",
            "state",
            "--source",
            "in",
            "--batch",
            "100",
            "--workers",
            "1",
            "--stage",
            $"k={command}",
            "--sink",
            "out"
        );

        Sane(stopped);
        Sane(resumed);
        Assert.Equal(0, resumed.Exit);
        Assert.Equal(Read("in"), Read("out"));
    }

    [LinuxFact]
    public async Task A_command_that_exits_with_0_on_a_signal_to_every_process_settles_nothing()
    {
        Numbers("in", 200);
        string[] run =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--batch",
            "100",
            "--workers",
            "1",
            "--sink",
            "out",
            "--stage",
        ];
        const string command = "trap exit TERM; echo >started; while read -r l; do echo $l; sleep 0.01; done";

        // As systemctl stop does: to all processes of the run.
        var stopped = await Conveyor.ScriptAsync(
            Folder,
            $"\"$PROGRAM\" run --progress none {string.Join(' ', run)} 'k={command}' & "
                + "while [ ! -e started ]; do sleep 0.05; done; sleep 0.3; kill -TERM $! $(cat /proc/$!/task/*/children); wait $!"
        );
        var resumed = await RunAsync([.. run, $"k={command}"]);

        Sane(stopped);
        Assert.Equal(130, stopped.Exit);
        Sane(resumed);
        Assert.Equal(0, resumed.Exit);
        Assert.Equal(Read("in"), Read("out"));
    }

    [LinuxFact]
    public async Task A_run_that_is_suspended_and_resumed_continues()
    {
        using var conveyor = Start(
            "--stage",
            "slow=touch started; sleep 0.3; cat",
            "--batch",
            "20",
            "--workers",
            "2",
            "--sink",
            "out"
        );
        await StartedAsync();
        conveyor.Signal("STOP");
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        conveyor.Signal("CONT");

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(100, Read("out").Count(c => c == '\n'));
    }

    [LinuxTheory]
    [InlineData("KILL", 1)]
    [InlineData("TERM", 2)]
    [InlineData("HUP", 2)]
    [InlineData("INT", 2)]
    public async Task Commands_end_with_a_run_that_exits_at_once_and_see_no_truncated_input(string signal, int times)
    {
        Write("in", new string('x', 200_000) + "/end\n");
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--progress",
            "none",
            "--source",
            "in",
            "--workers",
            "1",
            "--stop-deadline",
            "60s",
            "--stage",
            "k=trap '' INT TERM HUP; setsid sh -c 'echo $$ >other; exec sleep 600' & echo $$ >started; cat | (sleep 2; cat >got); sleep 600"
        );
        await StartedAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < times; i++)
        {
            conveyor.Signal(signal);
            if (i + 1 < times)
                await Task.Delay(TimeSpan.FromMilliseconds(300));
        }

        await conveyor.EndAsync();

        await AssertGoneAsync("started");
        await AssertGoneAsync("other");
        // The part that was to write it is gone before it could.
        if (File.Exists(Path.Combine(Folder, "got")))
            Assert.True(new FileInfo(Path.Combine(Folder, "got")).Length is 0 or 200_005);
    }

    [LinuxTheory]
    [InlineData(false, "stopped at once; unfinished lines are not counted")]
    [InlineData(true, "stopped at once; the next run with --data 'state' continues with the unfinished lines")]
    public async Task A_second_signal_exits_at_once(bool isKept, string said)
    {
        using var conveyor = Start([
            .. isKept ? ["--data", "state"] : (string[])[],
            "--stage",
            "hangs=touch started; sleep 60",
            "--stop-deadline",
            "60s",
        ]);
        await StartedAsync();
        var ending = conveyor.EndAsync();
        // Two that are pending at the same time, or follow each other closely, are one: on a busy machine the second
        // may be such a one, and is sent again.
        while (!ending.IsCompleted)
        {
            conveyor.Signal("INT");
            await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(300)));
        }

        var result = await ending;

        Assert.Equal(130, result.Exit);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
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
        using var conveyor = Start(
            "--stage",
            "slow=touch started; sleep 2; cat",
            "--batch",
            "10",
            "--workers",
            "1",
            "--sink",
            "out"
        );
        await StartedAsync();
        conveyor.Signal(signal);

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains("stopping: running commands have 10.0 s to finish", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            "interrupted with 90 lines unfinished; read 100 lines, wrote 10",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Matches(@"slow +100 = +10 \+ +0 \+ +0 \+ +90 +adds up", result.Error);
        Assert.Equal(10, Read("out").Count(c => c == '\n'));
    }

    async Task AssertGoneAsync(string pidFile)
    {
        var id = Read(pidFile).Trim();
        var start = TimeProvider.System.GetTimestamp();
        while (
            File.Exists($"/proc/{id}/stat")
            && File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].TrimStart()[0] is not ('Z' or 'X')
        )
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20),
                $"process {id} outlives the run"
            );
            await Task.Delay(20);
        }
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
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20),
                "the command did not start"
            );
            await Task.Delay(20);
        }
    }
}
