using ConveyorActors.Cli.Progress;
using Spectre.Console;

namespace ConveyorActors.Cli.Demo;

/// <summary>Shows stages, sources and the story so far, redrawn five times a second.</summary>
sealed class LiveDemoView(IAnsiConsole console, TimeProvider clock) : IDemoView
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Maximum number of sentences shown, so that they fit on any screen.</summary>
    const int Shown = 10;

    readonly FrameMaker frames = new(DemoPlan.Stages);
    readonly Drawing drawing = new(console.Profile.Capabilities.Unicode);

    public async Task ShowAsync(Func<Task<DemoFrame>> read, Task end)
    {
        IReadOnlyList<string> story = [];
        await console
            .Live(new Text(""))
            .AutoClear(true)
            .Overflow(VerticalOverflow.Ellipsis)
            .Cropping(VerticalOverflowCropping.Top)
            .StartAsync(async live =>
            {
                using var timer = new PeriodicTimer(Interval, clock);
                while (await Ticks.WaitForNextAsync(timer, end))
                {
                    var frame = await read();
                    story = frame.Story;
                    live.UpdateTarget(
                        new Rows(
                            drawing.DrawStages(frames.CreateStageRows(frame.Snapshot, frame.Elapsed)),
                            new Text(""),
                            drawing.DrawSources(frame.CreateSourceRows()),
                            new Text(""),
                            new Text(string.Join('\n', story.TakeLast(Shown)))
                        )
                    );
                }
            });
        // The live display is removed at the end, so the events are written again.
        foreach (var line in story)
            console.WriteLine(line);
    }
}
