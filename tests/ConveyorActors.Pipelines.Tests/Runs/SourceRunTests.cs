using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class SourceRunTests : RunTests
{
    [UnixFact]
    public async Task Lines_go_through_in_order()
    {
        var lines = Numbers(20_000, "line ");

        var report = await RunAsync(Source("a", lines), Stage("cat"), Stage("sed s/^/x/", name: "second"));

        AssertAllSettled(report);
        Assert.Equal(lines.Select(l => "x" + l), Written());
        Assert.Equal(20_000, report.Progress.LinesRead);
        Assert.Equal(20_000, report.Progress.LinesWritten);
    }

    [UnixFact]
    public async Task Without_stages_lines_go_straight_to_the_sink()
    {
        AssertAllSettled(await RunAsync(Source("a", Numbers(5000))));
        Assert.Equal(Numbers(5000), Written());
    }

    [UnixFact]
    public async Task Binary_lines_come_out_byte_for_byte()
    {
        var bytes = new byte[300_000];
        new Random(7).NextBytes(bytes);
        bytes[^1] = (byte)'\n';

        AssertAllSettled(await RunAsync(new SourceDefinition("a", Temp.File("a", bytes)), Stage("cat")));

        Assert.Equal(bytes, await File.ReadAllBytesAsync(Sink));
    }

    [UnixFact]
    public async Task A_last_line_without_a_newline_is_a_line_and_gets_one()
    {
        AssertAllSettled(await RunAsync(new SourceDefinition("a", Temp.File("a", "one\r\ntwo")), Stage("cat")));
        Assert.Equal("one\r\ntwo\n", await File.ReadAllTextAsync(Sink));
    }

    [UnixFact]
    public async Task Empty_files_are_fine()
    {
        AssertAllSettled(await RunAsync(Definition([Source("a", []), Source("b", [])], Stage("cat"))));
        Assert.Empty(Written());
    }

    [UnixFact]
    public async Task Each_of_several_sources_keeps_its_order()
    {
        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(3000, "a")), Source("b", Numbers(50, "b")), Source("c", Numbers(2000, "c"))],
                Stage("cat")
            )
        );

        AssertAllSettled(report);
        Assert.Equal(Numbers(3000, "a"), Written().Where(l => l[0] == 'a'));
        Assert.Equal(Numbers(50, "b"), Written().Where(l => l[0] == 'b'));
        Assert.Equal(Numbers(2000, "c"), Written().Where(l => l[0] == 'c'));
        Assert.Equal([3000, 50, 2000], report.Progress.Sources.Select(s => s.LinesRead));
        Assert.All(report.Progress.Sources, s => Assert.Equal(s.BytesTotal, s.BytesRead));
    }

    [UnixFact]
    public async Task A_line_that_is_too_long_is_a_dead_letter_and_the_run_continues()
    {
        var source = Source("a", ["short", new string('x', 2000), "last"]);

        var report = await RunAsync(Definition([source], Stage("cat")) with { MaxLine = 1500 });

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(["short", "last"], Written());
        Assert.Equal(1, report.Progress.LinesTooLong);
        Assert.Equal(3, report.Progress.LinesRead);
        Assert.Equal(
            $"{source.Path}:2: the line is longer than 1,500 bytes; it is among the dead letters",
            Assert.Single(report.Warnings)
        );
        var dead = Assert.Single(Dead());
        Assert.Equal(2, dead.GetProperty("line").GetInt64());
        Assert.Equal("a", dead.GetProperty("source").GetString());
        Assert.Equal("TooLarge", dead.GetProperty("reason").GetString());
        Assert.True(dead.GetProperty("truncated").GetBoolean());
        Assert.Equal(new string('x', 1024), dead.GetProperty("text").GetString());
    }

    [UnixFact]
    public async Task A_line_larger_than_the_byte_limits_is_a_dead_letter_and_the_run_continues()
    {
        var limits = new BufferSettings { MaxTotalBytes = 100 };

        var report = await RunAsync(
            Definition([Source("a", ["b", new string('x', 101), "c"])], Stage("cat")) with
            {
                Limits = limits,
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(["b", "c"], Written());
        Assert.Contains("a:2: the line has 101 bytes", Assert.Single(report.Warnings));
        Assert.Equal(new string('x', 101), Assert.Single(Dead()).GetProperty("text").GetString());
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task At_most_a_hundred_warnings_are_kept_and_the_rest_are_counted()
    {
        var report = await RunAsync(
            Definition([Source("a", Enumerable.Repeat("too long", 150))], Stage("cat")) with
            {
                MaxLine = 3,
            }
        );

        Assert.Equal(101, report.Warnings.Count);
        Assert.Equal("and 50 more warnings", report.Warnings[^1]);
        Assert.Equal(150, report.Progress.LinesTooLong);
    }

    [UnixFact]
    public async Task A_missing_file_is_named_before_anything_runs()
    {
        var missing = Temp.Path("missing.log");
        await File.WriteAllTextAsync(Sink, "what was there");

        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(
                Definition([Source("a", ["x"]), new SourceDefinition("b", missing)], Stage($"touch {Temp.Path("ran")}"))
            )
        );

        Assert.Equal($"source '{missing}' cannot be read: no such file", error.Message);
        Assert.False(File.Exists(Temp.Path("ran")));
        Assert.Equal("what was there", await File.ReadAllTextAsync(Sink));
    }

    [UnixFact]
    public async Task A_directory_cannot_be_a_source()
    {
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(new SourceDefinition("a", Temp.Path("")), Stage("cat"))
        );
        Assert.Equal($"source '{Temp.Path("")}' cannot be read: it is a directory", error.Message);
    }

    [UnlessRootFact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_file_without_read_permission_is_named()
    {
        var path = Temp.File("secret", "x");
        File.SetUnixFileMode(path, UnixFileMode.None);
        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(new SourceDefinition("a", path), Stage("cat"))
        );
        Assert.Equal($"source '{path}' cannot be read: permission denied", error.Message);
    }

    [LinuxFact]
    public async Task A_source_that_fails_midway_fails_the_run_and_its_earlier_lines_go_through()
    {
        // It opens, and its first page cannot be read.
        var report = await RunAsync(
            Definition([new SourceDefinition("mem", "/proc/self/mem"), Source("a", Numbers(100))], Stage("cat"))
        );

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.StartsWith("source '/proc/self/mem' could not be read past byte 0: ", report.Error);
        Assert.Equal(Numbers(100), Written());
        Assert.Equal(0, report.Progress.Snapshot.Total.Pending);
    }

    [UnixFact]
    public async Task Lines_of_a_named_pipe_are_forwarded_at_once()
    {
        var pipe = Temp.Path("pipe");
        await Process.Start("mkfifo", pipe).WaitForExitAsync();
        var running = RunAsync(new SourceDefinition("pipe", pipe), Stage("cat"));
        await using (var writer = new StreamWriter(pipe))
        {
            writer.WriteLine("first");
            writer.Flush();
            await UntilAsync(
                () => File.Exists(Sink) && File.ReadAllText(Sink) == "first\n",
                "the first line arrives while the pipe is open"
            );
            writer.WriteLine("second");
        }

        var report = await running;

        AssertAllSettled(report);
        Assert.Equal(["first", "second"], Written());
        Assert.Null(Assert.Single(report.Progress.Sources).BytesTotal);
    }

    [UnixTheory]
    [InlineData(FullMode.Reject)]
    [InlineData(FullMode.Wait)]
    public async Task A_full_stage_that_holds_its_source_loses_nothing(FullMode rule)
    {
        var limits = new BufferSettings { MaxPerStage = 7 };

        var report = await RunAsync(
            Definition(
                [Source("a", Numbers(300)), Source("b", Numbers(300))],
                Stage("cat") with
                {
                    FullMode = rule,
                }
            ) with
            {
                Limits = limits,
            }
        );

        AssertAllSettled(report);
        Assert.Equal(600, Written().Length);
    }

    [UnixFact]
    public async Task Lines_of_a_source_whose_newest_ones_may_be_dropped_keep_small_arrays()
    {
        await using var buffers = new EmbeddedBufferService();
        var release = Temp.Path("release");
        var definition = Definition(
            [Source("a", Numbers(2_000))],
            Stage($"until [ -e {release} ]; do sleep 0.01; done; cat") with
            {
                FullMode = FullMode.DropNewest,
            }
        );
        var running = RunAsync(buffers, definition);
        IReadOnlyList<BufferedRecord<ConveyorRecord>> waiting = [];
        while (waiting.Count < 1_000 && !running.IsCompleted)
        {
            await Task.Delay(1);
            waiting = await buffers.PeekAsync(definition.Name, "work", 2_000);
        }
        await File.WriteAllTextAsync(release, "");
        AssertAllSettled(await running);

        var arrays = waiting.Select(w => MemoryMarshal.TryGetArray(w.Record.Payload, out var a) ? a.Array! : []);
        Assert.InRange(arrays.Max(a => a.Length), 1, 256);
    }

    [UnixTheory]
    [InlineData(FullMode.DropOldest)]
    [InlineData(FullMode.DropNewest)]
    public async Task A_full_stage_that_drops_records_reports_how_many(FullMode rule)
    {
        var limits = new BufferSettings { MaxPerStage = 10 };
        var stage = Stage("sleep 0.05; cat") with { FullMode = rule, Batch = 5 };

        var report = await RunAsync(Definition([Source("a", Numbers(2000))], stage) with { Limits = limits });

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal(2000, report.Progress.LinesRead);
        Assert.Equal(2000, Written().Length + report.Progress.Snapshot.Total.Dropped);
        Assert.InRange(report.Progress.Snapshot.Total.Dropped, 1, 1999);
        Assert.Equal(
            report.Progress.Snapshot.Total.Dropped,
            report.Progress.Snapshot.Losses.Where(l => l.Stage == "work").Sum(l => l.Count)
        );
        AssertNothingPending(report);
    }

    [UnixFact]
    public async Task A_source_is_told_to_slow_down_and_slows_down()
    {
        // The first offer alone is more than the high watermark.
        var limits = new BufferSettings { MaxPerSource = 300 };
        await using var buffers = new EmbeddedBufferService();
        var definition = Definition([Source("a", Numbers(2000))], Stage("sleep 0.02; cat")) with { Limits = limits };
        var signals = new List<Buffers.Flow.BackpressureKind>();
        using var over = new CancellationTokenSource();
        await buffers.ConfigureAsync(definition.Name, limits);
        var watching = Task.Run(async () =>
        {
            try
            {
                await foreach (var signal in buffers.SubscribeSignalsAsync(definition.Name, "a", over.Token))
                    signals.Add(signal.Kind);
            }
            catch (OperationCanceledException)
            {
                // The run is over.
            }
        });

        var report = await RunAsync(buffers, definition);
        await over.CancelAsync();
        await watching;

        AssertAllSettled(report);
        Assert.Contains(Buffers.Flow.BackpressureKind.Pause, signals);
        Assert.Equal(0, report.Progress.Snapshot.Total.Refused);
    }
}
