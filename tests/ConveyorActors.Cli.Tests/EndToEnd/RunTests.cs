using System.Text;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Runs that go well.</summary>
public class RunTests : EndToEndTests
{
    [LinuxFact]
    public async Task The_example_of_the_help_works()
    {
        Write("access.log", "10.0.0.1\tGET\t/a\n10.0.0.2\tGET\tbot\n10.0.0.3\tPUT\t/c\n");

        var result = await RunAsync(
            "--source",
            "access.log",
            "--stage",
            "slim=cut -f1,3",
            "--stage",
            "busy=grep -v bot",
            "--ok-exit",
            "busy=0,1",
            "--sink",
            "out.txt"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Empty(result.Output);
        Assert.Equal("10.0.0.1\t/a\n10.0.0.3\t/c\n", Read("out.txt"));
        Assert.StartsWith("done; read 3 lines, wrote 2, in ", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"slim +3 = +3 \+ +0 \+ +0 +adds up", result.Error);
        Assert.Matches(@"busy +3 = +3 \+ +0 \+ +0 +adds up", result.Error);
    }

    [LinuxFact]
    public async Task Results_go_to_standard_output_and_everything_else_to_standard_error()
    {
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: true,
            "run",
            "--source",
            "-",
            "--stage",
            "up=tr a-z A-Z",
            "--workers",
            "1"
        );
        conveyor.Input.Write("one\ntwo\nthree"u8);
        conveyor.Input.Close();

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal((0, "ONE\nTWO\nTHREE\n"), (result.Exit, result.Text));
        Assert.Contains("read 3 lines, wrote 3", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Lines_of_a_slow_writer_are_forwarded_at_once()
    {
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: true,
            "run",
            "--source",
            "-",
            "--stage",
            "seen=tee -a seen.txt",
            "--progress",
            "none"
        );
        conveyor.Input.Write("first\n"u8);
        conveyor.Input.Flush();

        await Until(() => File.Exists(Path.Combine(Folder, "seen.txt")) && Read("seen.txt") == "first\n");

        conveyor.Input.Close();
        Assert.Equal(0, (await conveyor.EndAsync()).Exit);
    }

    [LinuxFact]
    public async Task Any_bytes_pass_unchanged()
    {
        var random = new Random(1);
        var bytes = new byte[300_000];
        random.NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i += random.Next(1, 400))
            bytes[i] = (byte)'\n';
        bytes[^1] = (byte)'\n';
        Write("in.bin", bytes);

        var result = await RunAsync(
            "--source",
            "in.bin",
            "--stage",
            "same=cat",
            "--stage",
            "again=cat",
            "--workers",
            "1",
            "--batch",
            "100",
            "--sink",
            "out.bin"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(Folder, "out.bin")));
    }

    [LinuxFact]
    public async Task An_empty_file_is_done_at_once()
    {
        Write("in", "");

        var result = await RunAsync("--source", "in", "--stage", "same=cat");

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Empty(result.Output);
        Assert.StartsWith("done; read 0 lines, wrote 0", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Without_stages_lines_go_straight_to_the_sink()
    {
        Numbers("in", 1000);

        var result = await RunAsync("--source", "in", "--sink", "out");

        Assert.Equal(0, result.Exit);
        Assert.Equal(Read("in"), Read("out"));
    }

    [LinuxFact]
    public async Task Keep_order_keeps_the_order_of_each_source_with_several_workers()
    {
        Write("a", string.Concat(Enumerable.Range(1, 2000).Select(i => $"a {i}\n")));
        Write("b", string.Concat(Enumerable.Range(1, 2000).Select(i => $"b {i}\n")));

        var result = await RunAsync(
            "--source",
            "a",
            "--source",
            "b",
            "--stage",
            "one=cat",
            "--stage",
            "two=cat",
            "--workers",
            "4",
            "--batch",
            "40",
            "--keep-order"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(Read("a"), string.Concat(result.Lines.Where(l => l[0] == 'a').Select(l => l + "\n")));
        Assert.Equal(Read("b"), string.Concat(result.Lines.Where(l => l[0] == 'b').Select(l => l + "\n")));
    }

    [LinuxFact]
    public async Task A_pipeline_file_has_the_same_effect_as_flags()
    {
        Numbers("in", 10);
        Write(
            "job.json",
            """
            {
              "sources": [{ "name": "numbers", "path": "in" }],
              "stages": [{ "name": "odd", "command": "grep '[13579]$'", "okExit": [0, 1], "workers": 1, "batch": 3 }, { "name": "sum", "command": "awk '{ print $1 * 2 }'", "workers": 1 }],
              "sink": "out", "limits": { "maxTotal": 4, "maxPerStage": 2, "maxPerSource": 3, "maxBytes": "1KiB" }, "maxLine": "1KiB"
            }
            """
        );

        var result = await RunAsync("--pipeline", "job.json");

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal("2\n6\n10\n14\n18\n", Read("out"));
    }

    [LinuxFact]
    public async Task The_smallest_limits_are_enough_for_stages_that_multiply()
    {
        Numbers("in", 20);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "twice=sed p",
            "--stage",
            "thrice=sed 'p;p'",
            "--max-total",
            "1",
            "--max-per-stage",
            "1",
            "--max-per-source",
            "1",
            "--workers",
            "1"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(Enumerable.Range(1, 20).SelectMany(i => Enumerable.Repeat($"{i}", 6)), result.Lines);
    }

    [LinuxFact]
    public async Task Plain_progress_writes_lines_to_standard_error()
    {
        Numbers("in", 400);

        var result = await Conveyor.RunAsync(
            Folder,
            "run",
            "--source",
            "in",
            "--stage",
            "slow=sleep 0.3; cat",
            "--batch",
            "40",
            "--workers",
            "1",
            "--sink",
            "out",
            "--progress",
            "plain"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Matches(
            @"(?m)^\d\.\d s: read 400 lines \(1.5 KiB, \d\d%, [^)]+ left\), wrote \d+ \| slow <?\d+% full, 40 in flight, ",
            result.Error
        );
    }

    [LinuxFact]
    public async Task Live_progress_without_a_terminal_is_plain()
    {
        Numbers("in", 10);

        var result = await Conveyor.RunAsync(
            Folder,
            "run",
            "--source",
            "in",
            "--stage",
            "slow=sleep 0.6; cat",
            "--sink",
            "out",
            "--progress",
            "live"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        // A machine under load shows a line of progress before it.
        Assert.Matches(@"(?m)^done; read 10 lines, wrote 10", result.Error);
        Assert.DoesNotContain("\e", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_stage_that_drops_records_reports_how_many()
    {
        Numbers("in", 500);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "slow=sleep 0.2; cat",
            "--full-mode",
            "drop-newest",
            "--max-per-stage",
            "50",
            "--batch",
            "25",
            "--workers",
            "1",
            "--sink",
            "out"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Matches(@"slow +500 = +(\d+) \+ +0 \+ +(\d+) +adds up", result.Error);
        Assert.Contains("did not go through", result.Error, StringComparison.Ordinal);
    }

    static async Task Until(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "it did not happen");
            await Task.Delay(20);
        }
    }
}
