namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The thread that drains one buffer from a start to the following stop, and replaces its drainer whenever one dies.
/// </summary>
/// <remarks>
/// A dedicated thread is used instead of the thread pool: a drainer is busy as long as its producers are, and a sink
/// may block it; neither may take a thread from the program's pool, or wait for one when the pool is exhausted.
/// </remarks>
sealed class DrainerThread<T>(CoreBuffer<T> buffer, CoreDrain<T> drain, CancellationToken cancellationToken)
{
    const int MaxPauseMilliseconds = 1_000;
    readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Gets a task that completes when the buffer is closed and empty, or when the drainer has ended after its
    /// cancellation. Never fails.
    /// </summary>
    public Task Ended => ended.Task;

    /// <summary>
    /// Starts the thread once the thread of the previous run has ended: that thread may still be in a sink that ignored
    /// the deadline of the stop.
    /// </summary>
    public void StartAfter(Task previous)
    {
        if (previous.IsCompleted)
            Start();
        else
            previous.ContinueWith(
                _ => Start(),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
    }

    void Start() =>
        new Thread(RunUntilDone) { IsBackground = true, Name = $"ConveyorActors core {buffer.Core}" }.UnsafeStart();

    void RunUntilDone()
    {
        var pause = 0;
        while (true)
        {
            var settled = buffer.Settled;
            try
            {
                using var drainer = new CoreDrainer<T>(buffer, drain, cancellationToken);
                drainer.Run();
                break;
            }
            catch (Exception error)
            {
                buffer.RecordDrainerFailure(error);
            }

            // The next life begins at once unless this one settled nothing. The pause does not use the given clock,
            // which may be the cause of the failure.
            pause = buffer.Settled != settled ? 0 : Math.Clamp(pause * 2, 1, MaxPauseMilliseconds);
            if (pause > 0 && !cancellationToken.IsCancellationRequested)
                buffer.Bell.WaitOne(pause);
        }

        ended.SetResult();
    }
}
