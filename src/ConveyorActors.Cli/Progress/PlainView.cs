using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Writes a line of progress every two seconds.</summary>
sealed class PlainView(Terminal terminal, FrameMaker frames, TimeProvider clock) : IProgressView
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var said = new HashSet<string>(StringComparer.Ordinal);
        while (await Ticks.WaitForNextAsync(timer, end))
        {
            var frame = frames.CreateFrame(await read());
            terminal.Error.WriteLine(PlainLine.Format(frame));
            // Each remark is written once; the summary has the number of occurrences.
            foreach (var remark in frame.Remarks.Where(said.Add))
                terminal.WriteMessage(remark);
        }
    }

    public void ShowNote(string note) => terminal.WriteMessage(note);
}
