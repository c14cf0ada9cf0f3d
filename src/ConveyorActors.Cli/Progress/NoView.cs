using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Shows only notes.</summary>
sealed class NoView(Terminal terminal) : IProgressView
{
    public Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end) => Task.CompletedTask;

    public void ShowNote(string note) => terminal.WriteMessage(note);
}
