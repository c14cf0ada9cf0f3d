using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>
/// Runs pipelines of real commands, each within a time limit, and checks after each that nothing was lost.
/// </summary>
public abstract class RunTests : IDisposable
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    protected static readonly BackoffSettings Briefly = new()
    {
        First = TimeSpan.FromMilliseconds(5),
        Max = TimeSpan.FromMilliseconds(20),
    };

    protected TempDirectory Temp { get; } = new();

    protected string Sink => Temp.Path("out");

    protected string DeadLetters => Temp.Path("dead.jsonl");

    public void Dispose()
    {
        Temp.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One worker, and retries that do not take long.</summary>
    protected static StageDefinition Stage(string command, int workers = 1, string name = "work") =>
        new(name, command) { Workers = workers, Backoff = Briefly };

    protected SourceDefinition Source(string name, IEnumerable<string> lines) => new(name, Temp.Lines(name, lines));

    protected static string[] Numbers(int count, string prefix = "") =>
        [.. Enumerable.Range(1, count).Select(i => prefix + i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Sources through stages into a file, with a file of dead letters.</summary>
    protected PipelineDefinition Definition(IReadOnlyList<SourceDefinition> sources, params StageDefinition[] stages) =>
        new()
        {
            Sources = sources,
            Stages = stages,
            Sink = new SinkDefinition(Sink),
            DeadLetterPath = DeadLetters,
        };

    protected Task<RunReport> RunAsync(SourceDefinition source, params StageDefinition[] stages) =>
        RunAsync(Definition([source], stages));

    protected static async Task<RunReport> RunAsync(PipelineDefinition definition, CancellationToken stop = default)
    {
        await using var buffers = new EmbeddedBufferService();
        return await RunAsync(buffers, definition, stop);
    }

    protected static async Task<RunReport> RunAsync(
        IBufferService buffers,
        PipelineDefinition definition,
        CancellationToken stop = default
    )
    {
        var runner = new PipelineRunner(buffers, definition, TimeProvider.System);
        var running = runner.RunAsync(stop);
        if (await Task.WhenAny(running, Task.Delay(Limit, CancellationToken.None)) != running)
            Assert.Fail($"The run hangs: {Shown(await runner.GetProgressAsync())}");
        var report = await running;
        AssertNothingLost(report.Progress, definition);
        return report;
    }

    /// <summary>
    /// Whatever happened: each record that was offered is settled, in the ledger or pending, and no line was read that
    /// is not among them.
    /// </summary>
    static void AssertNothingLost(RunProgress progress, PipelineDefinition definition)
    {
        var snapshot = progress.Snapshot;
        Assert.True(snapshot.IsConserved, Shown(progress));
        var total = snapshot.Total;
        Assert.Equal(
            total.Offered,
            total.Completed + total.DeadLettered + total.Dropped + total.Expired + total.Refused + total.Pending
        );
        var first = snapshot
            .Stages.SingleOrDefault(s =>
                s.Stage == (definition.Stages.FirstOrDefault()?.Name ?? PipelineRunner.SinkStage)
            )
            ?.Level;
        Assert.Equal(progress.LinesRead, (first?.Offered ?? 0) - (first?.Refused ?? 0) + progress.LinesTooLong);
        Assert.Equal(progress.LinesRead, progress.Sources.Sum(s => s.LinesRead));
        Assert.Equal(
            progress.LinesWritten,
            snapshot.Stages.SingleOrDefault(s => s.Stage == PipelineRunner.SinkStage)?.Level.Completed ?? 0
        );
    }

    protected static void AssertAllSettled(RunReport report)
    {
        Assert.True(
            report.Outcome == RunOutcome.AllSettled,
            $"{report.Outcome}: {report.Error} {Shown(report.Progress)}"
        );
        Assert.Null(report.Error);
        Assert.Empty(report.Warnings);
        AssertNothingPending(report);
    }

    protected static void AssertNothingPending(RunReport report)
    {
        Assert.Equal(0, report.Progress.Snapshot.Total.Pending);
        Assert.All(report.Progress.Sources, s => Assert.True(s.AtEnd));
    }

    protected string[] Written() => File.ReadAllLines(Sink);

    protected JsonElement[] Dead() =>
        [.. File.ReadAllLines(DeadLetters).Select(line => JsonDocument.Parse(line).RootElement)];

    protected static LevelSnapshot Level(RunReport report, string stage) =>
        report.Progress.Snapshot.Stages.Single(s => s.Stage == stage).Level;

    /// <summary>Waits until something is so.</summary>
    protected static async Task UntilAsync(Func<bool> holds, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, what);
            await Task.Delay(5);
        }
    }

    static string Shown(RunProgress progress)
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"read {progress.LinesRead}, written {progress.LinesWritten}, {progress.Snapshot.State}, total {progress.Snapshot.Total}"
        );
        foreach (var source in progress.Snapshot.Sources)
            text.AppendLine(CultureInfo.InvariantCulture, $"{source}");
        foreach (var stage in progress.Snapshot.Stages)
            text.AppendLine(CultureInfo.InvariantCulture, $"{stage}, leases {string.Join(';', stage.Leases)}");
        return text.ToString();
    }
}
