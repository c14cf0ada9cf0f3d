using System.Diagnostics;
using System.Globalization;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class StopRunTests : RunTests
{
    [UnixFact]
    public async Task A_running_command_may_finish_and_its_results_are_written()
    {
        using var stop = new CancellationTokenSource();
        var started = Temp.Path("started");
        var running = RunAsync(
            Definition([Source("a", Numbers(100))], Stage($"cat; echo x >>{started}; sleep 0.5") with { Batch = 10 }),
            stop.Token
        );
        await Processes.AppearsAsync(started);

        await stop.CancelAsync();
        var report = await running;

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Null(report.Error);
        Assert.Equal(Numbers(100)[..Written().Length], Written());
        Assert.InRange(Written().Length, 10, 99);
        Assert.Equal(100 - Written().Length, report.Progress.Snapshot.Total.Pending);
        Assert.Equal(0, report.Progress.Snapshot.Total.Retries);
    }

    [UnixFact]
    public async Task A_command_that_does_not_finish_is_killed_and_its_lines_are_not_charged()
    {
        using var stop = new CancellationTokenSource();
        var pid = Temp.Path("pid");
        var running = RunAsync(
            Definition([Source("a", Numbers(10))], Stage($"echo $$ >{pid}; exec sleep 600") with { Retries = 0 }) with
            {
                StopDeadline = TimeSpan.FromMilliseconds(300),
            },
            stop.Token
        );
        await Processes.AppearsAsync(pid);

        await stop.CancelAsync();
        var report = await running;

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal(10, report.Progress.Snapshot.Total.Pending);
        Assert.Equal(0, report.Progress.Snapshot.Total.InFlight);
        Assert.Equal(0, report.Progress.Snapshot.Total.DeadLettered);
        await Processes.AssertGoneAsync(int.Parse(await File.ReadAllTextAsync(pid), CultureInfo.InvariantCulture));
    }

    [UnixFact]
    public async Task Lines_of_a_command_that_dies_of_the_stop_signal_are_not_charged()
    {
        using var stop = new CancellationTokenSource();
        var pid = Temp.Path("pid");
        var running = RunAsync(
            Definition([Source("a", Numbers(10))], Stage($"echo $$ >{pid}; exec sleep 600") with { Retries = 0 }),
            stop.Token
        );
        await Processes.AppearsAsync(pid);

        // A terminal sends Ctrl-C to all, and the command may die before this process has heard of it.
        using (var kill = Process.Start("kill", ["-INT", (await File.ReadAllTextAsync(pid)).Trim()]))
            await kill.WaitForExitAsync();
        await Processes.AssertGoneAsync(int.Parse(await File.ReadAllTextAsync(pid), CultureInfo.InvariantCulture));
        await stop.CancelAsync();
        var report = await running;

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal(0, report.Progress.Snapshot.Total.DeadLettered);
        Assert.Equal(10, report.Progress.Snapshot.Total.Pending);
    }

    [UnixFact]
    public async Task A_run_stops_while_its_source_is_silent()
    {
        using var stop = new CancellationTokenSource();
        var pipe = Temp.Path("pipe");
        await Process.Start("mkfifo", pipe).WaitForExitAsync();
        var running = RunAsync(Definition([new SourceDefinition("pipe", pipe)], Stage("cat")), stop.Token);
        await using var writer = new StreamWriter(pipe);
        writer.WriteLine("a line");
        writer.Flush();
        await UntilAsync(() => File.Exists(Sink) && File.ReadAllText(Sink) == "a line\n", "the line arrives");

        await stop.CancelAsync();
        var report = await running.WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal(0, report.Progress.Snapshot.Total.Pending);
    }

    [UnixFact]
    public async Task A_run_stops_before_its_named_pipe_has_a_writer()
    {
        using var stop = new CancellationTokenSource();
        var pipe = Temp.Path("pipe");
        await Process.Start("mkfifo", pipe).WaitForExitAsync();
        var running = RunAsync(Definition([new SourceDefinition("pipe", pipe)], Stage("cat")), stop.Token);

        await stop.CancelAsync();

        Assert.Equal(RunOutcome.Interrupted, (await running.WaitAsync(TimeSpan.FromSeconds(5))).Outcome);
        // So that the reader it left waiting ends too.
        await using var writer = new FileStream(pipe, FileMode.Open, FileAccess.Write);
    }

    [UnixFact]
    public async Task A_run_stops_while_lines_wait_for_a_retry()
    {
        using var stop = new CancellationTokenSource();
        var failed = Temp.Path("failed");
        var stage = Stage($"echo x >>{failed}; false") with
        {
            Backoff = new BackoffSettings { First = TimeSpan.FromMinutes(10), Max = TimeSpan.FromMinutes(10) },
        };
        var running = RunAsync(Definition([Source("a", Numbers(1))], stage), stop.Token);
        await Processes.AppearsAsync(failed);

        await stop.CancelAsync();
        var report = await running.WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal(1, report.Progress.Snapshot.Total.Pending);
    }

    [UnixTheory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public async Task A_run_can_stop_at_any_moment_and_its_output_is_a_prefix(int workers, bool keepOrder)
    {
        for (var i = 0; i < 8; i++)
        {
            await File.WriteAllTextAsync(Sink, ""); // a run that is stopped while it opens its files leaves them alone
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(20 + i * 40));
            var report = await RunAsync(
                Definition(
                    [Source("a", Numbers(5000))],
                    Stage("cat", workers, "one") with
                    {
                        Batch = 20,
                    },
                    Stage("sed p; sleep 0.01", workers, "two") with
                    {
                        Batch = 10,
                    }
                ) with
                {
                    KeepOrder = keepOrder,
                    Limits = new BufferSettings { MaxPerStage = 40 },
                },
                stop.Token
            );

            Assert.Equal(RunOutcome.Interrupted, report.Outcome);
            var written = Written();
            Assert.Equal(Numbers(5000).SelectMany(n => new[] { n, n }).Take(written.Length), written);
            Assert.Equal(report.Progress.LinesWritten, written.Length);
            Assert.Equal(0, report.Progress.Snapshot.Total.DeadLettered);
            Assert.Equal(0, report.Progress.Snapshot.Total.Retries);
        }
    }

    [UnixFact]
    public async Task Progress_can_be_queried_at_any_time()
    {
        await using var buffers = new EmbeddedBufferService();
        var definition = Definition([Source("a", Numbers(200))], Stage("sleep 0.02; cat") with { Batch = 20 });
        var runner = new PipelineRunner(buffers, definition, TimeProvider.System);
        var before = await runner.GetProgressAsync();
        var running = runner.RunAsync(CancellationToken.None);
        long last = 0;
        while (!running.IsCompleted)
        {
            var progress = await runner.GetProgressAsync();
            Assert.True(progress.Snapshot.IsConserved);
            Assert.InRange(progress.LinesWritten, last, 200);
            last = progress.LinesWritten;
            await Task.Delay(5);
        }

        Assert.Equal(0, before.LinesRead);
        Assert.Equal(RunOutcome.AllSettled, (await running).Outcome);
        await Assert.ThrowsAsync<InvalidOperationException>(() => runner.RunAsync(CancellationToken.None));
    }
}
