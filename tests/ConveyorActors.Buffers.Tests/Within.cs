namespace ConveyorActors.Buffers.Tests;

/// <summary>Waits that come to an end, and threads that are joined.</summary>
static class Within
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>Waits for a task; fails when it takes too long.</summary>
    public static Task Reason(Task task) => task.WaitAsync(Bound);

    /// <inheritdoc cref="Reason(Task)"/>
    public static Task<T> Reason<T>(Task<T> task) => task.WaitAsync(Bound);

    /// <inheritdoc cref="Reason(Task)"/>
    public static Task<T> Reason<T>(ValueTask<T> task) => task.AsTask().WaitAsync(Bound);

    /// <summary>Runs something on a thread of its own.</summary>
    public static Task Thread(Action body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
