namespace ConveyorActors.Buffers;

/// <summary>Waits of any length. A timer takes no more than 49.7 days, so a longer wait is made of several.</summary>
static class LongWait
{
    static readonly TimeSpan Step = TimeSpan.FromDays(20);

    /// <summary>
    /// Refuses what is no time to wait: anything below zero but <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the range.</exception>
    public static TimeSpan Validate(TimeSpan time, string name) =>
        time >= TimeSpan.Zero || time == Timeout.InfiniteTimeSpan
            ? time
            : throw new ArgumentOutOfRangeException(
                name,
                time,
                $"{name} is {time}; it must be from 0 to {TimeSpan.MaxValue}, or infinite (Timeout.InfiniteTimeSpan)."
            );

    /// <summary>What a timer can be set to at most: the time, or the first part of it.</summary>
    public static TimeSpan FirstStep(TimeSpan time) => time > Step ? Step : time;

    /// <summary>
    /// Waits until a task has ended, the time is over or the wait is cancelled. Returns whether the task has ended;
    /// never throws.
    /// </summary>
    public static async Task<bool> ForAsync(
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
            var step = time == Timeout.InfiniteTimeSpan ? time : FirstStep(left);
            await task.WaitAsync(step, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return task.IsCompleted;
    }
}
