using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Summary;
using ConveyorActors.Cli.Usage;
using Spectre.Console;

namespace ConveyorActors.Cli.Demo;

/// <summary>Runs the demo from start to summary.</summary>
sealed class DemoSession(Terminal terminal, DemoPlan plan, TimeProvider clock)
{
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public async Task<int> RunAsync()
    {
        await using IBufferService buffers = new EmbeddedBufferService(clock);
        await buffers.ConfigureAsync(DemoPlan.Pipeline, plan.Limits);
        var story = new DemoStory(clock, terminal.OutIsTerminal ? null : terminal.Out.WriteLine);
        using var signals = new StopSignals(TimeProvider.System, () => story.Add("stopping"), ExitAtOnce);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);

        var sources = DemoPlan.Sources.Select(s => new DemoSource(buffers, s, plan, story, clock)).ToList();
        var stages = DemoPlan
            .Stages.Select(
                (s, i) => new DemoStage(buffers, s, DemoPlan.Stages.ElementAtOrDefault(i + 1), plan, story, clock)
            )
            .ToList();

        var play = PlayAsync(buffers, sources, stages, story, ended.Token);
        IDemoView view = terminal.OutIsTerminal
            ? new LiveDemoView(terminal.CreateOutConsole(), clock)
            : new PlainDemoView(terminal.Out, clock);
        await view.ShowAsync(
            async () =>
            {
                if (!terminal.CanPrint)
                    await ended.CancelAsync();
                return DemoFrame.From(await buffers.GetSnapshotAsync(DemoPlan.Pipeline), story);
            },
            play
        );
        await play;
        if (!terminal.CanPrint)
            return ExitCodes.Done; // the caller reports a failure other than an output closed by its reader
        return await ReportAsync(buffers, sources, stages[^1], story, signals.Token.IsCancellationRequested);
    }

    async Task PlayAsync(
        IBufferService buffers,
        List<DemoSource> sources,
        List<DemoStage> stages,
        DemoStory story,
        CancellationToken stop
    )
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watching = sources
            .Select(s => s.ReportSignalsAsync(over.Token))
            .Append(ReportActsAsync(story, over.Token))
            .ToList();
        var working = stages.Select(s => s.RunAsync(stop)).ToList();
        await Task.WhenAll(sources.Select(s => s.RunAsync(stop)));
        if (!stop.IsCancellationRequested)
        {
            story.Add("the sources have ended; the buffered records are processed");
            while (
                !stop.IsCancellationRequested
                && !IsEmpty(await buffers.GetSnapshotAsync(DemoPlan.Pipeline, CancellationToken.None))
            )
                await Task.Delay(PollInterval, clock, CancellationToken.None);
        }

        await buffers.StopAsync(DemoPlan.Pipeline, TimeSpan.FromMilliseconds(1), CancellationToken.None);
        await Task.WhenAll(working);
        await over.CancelAsync();
        await Task.WhenAll(watching);
    }

    async Task ReportActsAsync(DemoStory story, CancellationToken stop)
    {
        var reported = 0;
        using var timer = new PeriodicTimer(PollInterval, clock);
        try
        {
            do
            {
                foreach (var act in plan.GetStories(story.Elapsed).Skip(reported))
                {
                    story.Add(act);
                    reported++;
                }
            } while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The demo is over.
        }
    }

    async Task<int> ReportAsync(
        IBufferService buffers,
        List<DemoSource> sources,
        DemoStage last,
        DemoStory story,
        bool interrupted
    )
    {
        var snapshot = await buffers.GetSnapshotAsync(DemoPlan.Pipeline);
        var sums = FrameMaker.OrderStages(snapshot, DemoPlan.Stages).Select(StageSum.From).ToList();
        var letters = await buffers.GetDeadLettersAsync(DemoPlan.Pipeline, DemoPlan.Enrich, 10);
        var console = terminal.CreateOutConsole();
        var sent = sources.Sum(s => s.Accepted);
        console.WriteLine(
            $"{(interrupted ? "interrupted" : "done")}; {CountText.FormatWithNoun(sent, "record")} sent, {CountText.FormatExact(last.Done)} stored, in {DurationText.Format(story.Elapsed)}"
        );
        SummaryWriter.WriteSums(console, sums);
        foreach (var letter in letters)
            console.WriteLine(
                $"dead letter: {letter.Record.Record.Id} at {letter.Record.TargetStageId}, retried {CountText.FormatWithNoun(letter.Record.RetryCount, "time")}: {letter.LastError}"
            );
        if (interrupted)
            return ExitCodes.Interrupted;
        var addsUp = sums.All(s => s.AddsUp) && snapshot.IsConserved && sent == last.Done + letters.Count;
        if (!addsUp)
            terminal.WriteMessage("the demo's numbers DO NOT ADD UP; this is a fault of the program");
        return addsUp ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>
    /// Returns whether the pipeline is empty. A record on its way between two stages is in neither, but the room it has
    /// reserved counts as used.
    /// </summary>
    static bool IsEmpty(PipelineSnapshot snapshot) => snapshot.Total is { Pending: 0, Used: 0 };

    void ExitAtOnce()
    {
        terminal.Restore();
        Environment.Exit(ExitCodes.Interrupted);
    }
}
