using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Shows the progress of a run.</summary>
interface IProgressView
{
    /// <summary>
    /// Shows what <paramref name="read"/> returns until <paramref name="end"/> has completed in any way. Never throws
    /// because of the run.
    /// </summary>
    Task ShowAsync(Func<ValueTask<RunProgress>> read, Task end);

    /// <summary>Shows a message between the frames. Safe for use by many threads.</summary>
    void ShowNote(string note);
}
