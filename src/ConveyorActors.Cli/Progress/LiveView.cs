using ConveyorActors.Pipelines;
using Spectre.Console;

namespace ConveyorActors.Cli.Progress;

/// <summary>Redraws the progress of the run in place, four times a second.</summary>
sealed class LiveView(IAnsiConsole console, FrameMaker frames, TimeProvider clock) : IProgressView
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    readonly Drawing drawing = new(console.Profile.Capabilities.Unicode);
    volatile string? lastNote;

    public Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end) =>
        console
            .Live(new Text(""))
            .AutoClear(true)
            .Overflow(VerticalOverflow.Ellipsis)
            .Cropping(VerticalOverflowCropping.Bottom)
            .StartAsync(async live =>
            {
                using var timer = new PeriodicTimer(Interval, clock);
                while (await Ticks.WaitForNextAsync(timer, end))
                    live.UpdateTarget(drawing.DrawFrame(frames.CreateFrame(await read()), lastNote));
            });

    public void ShowNote(string note) => lastNote = note;
}
