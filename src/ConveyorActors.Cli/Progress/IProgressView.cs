using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Shows a run while it goes on.</summary>
interface IProgressView
{
    /// <summary>
    /// Shows what <paramref name="read"/> answers until <paramref name="end"/> has ended, whichever way. Never throws
    /// because of the run.
    /// </summary>
    Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end);

    /// <summary>Says something in between. From any thread.</summary>
    void Note(string note);
}
