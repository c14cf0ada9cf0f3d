namespace ConveyorActors.Cli.Progress;

/// <summary>Waits for the next tick of a timer or for the end of a task.</summary>
static class Ticks
{
    /// <summary>Waits for the next tick; returns false when the task has ended.</summary>
    public static async ValueTask<bool> WaitForNextAsync(PeriodicTimer timer, Task end)
    {
        if (end.IsCompleted)
            return false;
        var tick = timer.WaitForNextTickAsync().AsTask();
        return await Task.WhenAny(tick, end) == tick && !end.IsCompleted;
    }
}
