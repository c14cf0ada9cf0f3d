namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The thread that drains one buffer from a start to the stop after it, and replaces its drainer as often as one dies.
/// </summary>
/// <remarks>
/// A thread of its own, not one of the pool: a drainer is busy as long as its producers are, a sink may block it, and
/// neither may take a thread from the program, or have to wait for one when the program has used them up.
/// </remarks>
sealed class DrainerThread<T>(CoreBuffer<T> buffer, CoreDrain<T> drain, CancellationToken cancellationToken)
{
    const int LongestPauseMilliseconds = 1_000;
    readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes when the buffer is closed and empty, or when the drainer has obeyed its cancellation. Never fails.
    /// </summary>
    public Task Ended => ended.Task;

    /// <summary>
    /// Starts when the thread of the run before has ended: it may still be with a sink that ignored the deadline of the
    /// stop.
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

    void Start() => new Thread(Live) { IsBackground = true, Name = $"ConveyorActors core {buffer.Core}" }.UnsafeStart();

    void Live()
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
                buffer.DrainerDied(error);
            }

            // The next life begins at once unless this one has got nothing done. Not by the given clock, which may be
            // what failed.
            pause = buffer.Settled != settled ? 0 : Math.Clamp(pause * 2, 1, LongestPauseMilliseconds);
            if (pause > 0 && !cancellationToken.IsCancellationRequested)
                buffer.Bell.WaitOne(pause);
        }

        ended.SetResult();
    }
}
