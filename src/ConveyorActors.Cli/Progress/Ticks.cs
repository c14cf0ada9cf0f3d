namespace ConveyorActors.Cli.Progress;

/// <summary>Waits for the next tick or the end.</summary>
static class Ticks
{
    /// <summary>False when the end has come.</summary>
    public static async ValueTask<bool> NextAsync(PeriodicTimer timer, Task end)
    {
        if (end.IsCompleted)
            return false;
        var tick = timer.WaitForNextTickAsync().AsTask();
        return await Task.WhenAny(tick, end) == tick && !end.IsCompleted;
    }
}
