using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>A line every two seconds.</summary>
sealed class PlainView(Terminal terminal, FrameMaker frames, TimeProvider clock) : IProgressView
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await Ticks.NextAsync(timer, end))
            terminal.Error.WriteLine(PlainLine.Of(frames.Make(await read())));
    }

    public void Note(string note) => terminal.Say(note);
}
