namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Stages whose commands stay, by flag and by file.</summary>
public class PersistentTests : EndToEndTests
{
    [LinuxFact]
    public async Task A_persistent_command_is_started_once_for_each_worker()
    {
        Numbers("in", 50_000);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "p=sed -u s/^/x/",
            "--persistent",
            "p",
            "--workers",
            "1",
            "--sink",
            "out"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(string.Concat(Enumerable.Range(1, 50_000).Select(i => $"x{i}\n")), Read("out"));
        Assert.Contains("p: 1 command", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_pipeline_file_may_set_persistent_commands()
    {
        Write("in", "1\0" + "2\0");
        Write(
            "p.json",
            """{ "sources": ["in"], "stages": [{ "name": "p", "command": "sed -u -z s/^/x/", "persistent": true, "workers": 1 }], "sink": "out", "null": true }"""
        );

        var result = await RunAsync("--pipeline", "p.json");

        Sane(result);
        Assert.Equal((0, "x1\0x2\0"), (result.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task A_run_with_a_persistent_command_reports_a_bad_line_with_its_reason()
    {
        Numbers("in", 100);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "p=sed -u -e '/^50$/Q3' -e s/^/x/",
            "--persistent",
            "p",
            "--keep-order",
            "--retries",
            "1",
            "--sink",
            "out",
            "--dead-letters",
            "bad"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Equal(string.Concat(Enumerable.Range(1, 100).Where(i => i != 50).Select(i => $"x{i}\n")), Read("out"));
        Assert.Contains(
            "\"error\":\"exit 3 before it replied\",\"text\":\"50\"",
            Read("bad"),
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task Killed_runs_put_every_line_once_through_a_persistent_command()
    {
        const int Count = 20_000;
        Numbers("in", Count);
        var expected = string.Concat(Enumerable.Range(1, Count).Select(i => $"x{i}\n"));
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "p=sed -u s/^/x/",
            "--persistent",
            "p",
            "--keep-order",
            "--workers",
            "2",
            "--batch",
            "200",
            "--max-per-stage",
            "1000",
            "--sink",
            "out",
        ];
        long Length() =>
            File.Exists(Path.Combine(Folder, "out")) ? new FileInfo(Path.Combine(Folder, "out")).Length : 0;
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, arguments),
            Length,
            length => length >= expected.Length
        )
        {
            Longest = 60,
        };

        await lives.LiveAsync(5);
        var last = await Conveyor.RunAsync(Folder, arguments);

        Sane(last);
        Assert.Equal((0, expected), (last.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task No_persistent_command_outlives_its_run()
    {
        Numbers("in", 10);
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--progress",
            "none",
            "--source",
            "in",
            "--stage",
            "p=echo $$ >pid; while read -r l; do sleep 300; done",
            "--persistent",
            "p",
            "--workers",
            "1",
            "--sink",
            "out"
        );
        var pid = "";
        while (pid.Length == 0)
        {
            await Task.Delay(10);
            if (File.Exists(Path.Combine(Folder, "pid")))
                pid = Read("pid").Trim();
        }
        conveyor.Signal("KILL");
        await conveyor.EndAsync();

        var until = Environment.TickCount64 + 30_000;
        while (Directory.Exists($"/proc/{pid}") && Environment.TickCount64 < until)
            await Task.Delay(10);

        Assert.False(Directory.Exists($"/proc/{pid}"));
    }
}
