using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Demo;

/// <summary>Writes a line of numbers every two seconds; the sentences of the story appear in between.</summary>
sealed class PlainDemoView(TextWriter output, TimeProvider clock) : IDemoView
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    readonly FrameMaker frames = new(DemoPlan.Stages);

    public async Task ShowAsync(Func<Task<DemoFrame>> read, Task end)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await Ticks.WaitForNextAsync(timer, end))
        {
            var frame = await read();
            var stages = frames.CreateStageRows(frame.Snapshot, frame.Elapsed).Select(PlainLine.FormatStage);
            output.WriteLine($"{DurationText.Format(frame.Elapsed), 8}  {string.Join(" | ", stages)}");
        }
    }
}
