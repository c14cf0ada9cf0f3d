namespace ConveyorActors.Buffers;

/// <summary>
/// Provides waits of any length. A timer accepts at most 49.7 days, so a longer wait consists of several.
/// </summary>
static class LongWait
{
    static readonly TimeSpan Step = TimeSpan.FromDays(20);

    /// <summary>
    /// Refuses a negative time other than <see cref="Timeout.InfiniteTimeSpan"/>, and returns any other.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the range.</exception>
    public static TimeSpan Validate(TimeSpan time, string name) =>
        time >= TimeSpan.Zero || time == Timeout.InfiniteTimeSpan
            ? time
            : throw new ArgumentOutOfRangeException(
                name,
                time,
                $"{name} is {time}; it must be from 0 to {Durations.Max}, or infinite (Timeout.InfiniteTimeSpan)."
            );

    /// <summary>Returns the time itself or, if a timer cannot be set to it, its first part.</summary>
    public static TimeSpan GetFirstStep(TimeSpan time) => time > Step ? Step : time;

    /// <summary>
    /// Waits until a task has ended, the time is over or the wait is cancelled. Returns whether the task has ended;
    /// never throws.
    /// </summary>
    public static async Task<bool> WaitAsync(
        Task task,
        TimeSpan time,
        TimeProvider clock,
        CancellationToken cancellationToken = default
    )
    {
        var began = clock.GetTimestamp();
        while (!task.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            var left = time == Timeout.InfiniteTimeSpan ? time : time - clock.GetElapsedTime(began);
            if (time != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
                break;
            var step = time == Timeout.InfiniteTimeSpan ? time : GetFirstStep(left);
            await task.WaitAsync(step, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return task.IsCompleted;
    }
}
