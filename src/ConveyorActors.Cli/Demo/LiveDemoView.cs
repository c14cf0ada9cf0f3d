using ConveyorActors.Cli.Progress;
using Spectre.Console;

namespace ConveyorActors.Cli.Demo;

/// <summary>Stages, sources and the story so far, drawn anew five times a second.</summary>
sealed class LiveDemoView(IAnsiConsole console, TimeProvider clock) : IDemoView
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>As many sentences of the story as there is room for on any screen.</summary>
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
                while (await Ticks.NextAsync(timer, end))
                {
                    var frame = await read();
                    story = frame.Story;
                    live.UpdateTarget(
                        new Rows(
                            drawing.Stages(frames.Stages(frame.Snapshot, frame.Elapsed)),
                            new Text(""),
                            drawing.Sources(frame.Sources()),
                            new Text(""),
                            new Text(string.Join('\n', story.TakeLast(Shown)))
                        )
                    );
                }
            });
        // The live display is gone; what happened should still be there to read.
        foreach (var line in story)
            console.WriteLine(line);
    }
}
