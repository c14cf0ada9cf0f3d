using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using ConveyorActors.Testing;

namespace ConveyorActors.Pipelines.Tests.Sources.Following;

/// <summary>A run of followed sources on a clock that moves only while a test waits for something.</summary>
sealed class FollowedRun : IAsyncDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(40),
        Step = TimeSpan.FromMilliseconds(50);

    readonly FakeClock clock = new();
    readonly CancellationTokenSource stop = new();
    readonly EmbeddedBufferService buffers;
    readonly PipelineRunner runner;
    readonly Task<RunReport> running;

    FollowedRun(PipelineDefinition definition, string? state)
    {
        buffers = new(clock, state is null ? null : DataDirectory.Open(state));
        runner = new(buffers, definition, clock)
        {
            Reported = what =>
            {
                lock (Reports)
                    Reports.Add(what);
            },
        };
        running = runner.RunAsync(stop.Token);
    }

    /// <summary>What was reported as it happened.</summary>
    public List<string> Reports { get; } = [];

    /// <summary>Starts a run.</summary>
    /// <param name="definition">What to run.</param>
    /// <param name="state">Its data directory; null: none.</param>
    public static FollowedRun Start(PipelineDefinition definition, string? state = null) => new(definition, state);

    /// <summary>Lets time go by until something is so.</summary>
    public async Task UntilAsync(Func<bool> holds, Func<string> what)
    {
        for (var started = Stopwatch.GetTimestamp(); !holds(); await PassAsync(Step))
        {
            if (running.IsCompleted && !holds())
                Assert.Fail($"the run has ended with {(await running).Error}: {what()}");
            if (Stopwatch.GetElapsedTime(started) >= Limit)
                Assert.Fail(what());
        }
    }

    /// <summary>Lets time go by until a file has these lines.</summary>
    public async Task WritesAsync(string sink, params IEnumerable<string> lines)
    {
        var all = lines.Select(l => l + "\n").ToArray();
        var length = all.Sum(l => l.Length);
        await UntilAsync(
            () => File.Exists(sink) && new FileInfo(sink).Length >= length,
            () =>
                $"it has {(File.Exists(sink) ? File.ReadAllText(sink) : "no sink")}, and is to have {string.Concat(all)}"
        );
        Assert.Equal(string.Concat(all), await File.ReadAllTextAsync(sink));
    }

    /// <summary>Lets time go by.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += step ?? Step)
        {
            clock.Advance(step ?? Step);
            await Task.Delay(1);
        }
    }

    /// <summary>Lets time go by until something has been reported.</summary>
    public Task ReportsAsync(string what)
    {
        bool IsThere()
        {
            lock (Reports)
                return Reports.Any(r => r.Contains(what, StringComparison.Ordinal));
        }

        return UntilAsync(IsThere, () => $"it reported: {string.Join("; ", Reports)}, and is to report: {what}");
    }

    /// <summary>Stops it as a signal does.</summary>
    public async Task<RunReport> StopAsync()
    {
        await stop.CancelAsync();
        var report = await running.WaitAsync(Limit);
        Assert.True(report.Progress.Snapshot.IsConserved);
        return report;
    }

    /// <summary>Waits for the end of a run that ends by itself.</summary>
    public async Task<RunReport> EndAsync()
    {
        for (
            var started = Stopwatch.GetTimestamp();
            !running.IsCompleted && Stopwatch.GetElapsedTime(started) < Limit;

        )
            await PassAsync(Step);
        return await running.WaitAsync(TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAny(running, Task.Delay(Limit));
        await buffers.DisposeAsync();
        stop.Dispose();
    }
}
