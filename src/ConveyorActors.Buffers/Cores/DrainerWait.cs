namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Provides the waits of a drainer: for items, with little processor time; for a duration, by the drainer's clock.
/// </summary>
/// <remarks>
/// Only for the drainer's thread. Every wait may end early; the drainer then checks its condition again.
/// </remarks>
sealed class DrainerWait<T>(CoreBuffer<T> buffer, TimeProvider clock) : IDisposable
{
    const int HandoffSpins = 4;
    const int SpinsPerCheck = 20;
    const int Spins = 10;
    const int Yields = 20;
    ITimer? timer;
    int idle;

    /// <summary>Resets the waits after items were found: the next wait starts with the shortest step again.</summary>
    public void Reset() => idle = 0;

    /// <summary>
    /// Waits a moment for a whole batch. A drainer that takes every item as it arrives contends with its producer for
    /// the cache line that is being written; staying a batch behind makes both faster, at the cost of a few
    /// microseconds when the next item is alone.
    /// </summary>
    public void WaitForBatch(int size)
    {
        for (var i = 0; i < HandoffSpins && !buffer.Ring.IsAhead(size); i++)
            Thread.SpinWait(SpinsPerCheck);
    }

    /// <summary>
    /// Waits a little for items, longer each time: spins while a busy producer is likely to return, then yields the
    /// core (a producer on it may be the one that fills this buffer), then sleeps until a producer or
    /// <paramref name="alarm"/> wakes the drainer.
    /// </summary>
    /// <param name="seen">The number of items that are ready but not enough.</param>
    /// <param name="alarm">The longest sleep; null: no limit.</param>
    public void WaitForItems(int seen, TimeSpan? alarm)
    {
        if (idle < Spins)
        {
            idle++;
            Thread.SpinWait(20);
        }
        else if (idle < Spins + Yields)
        {
            idle++;
            Thread.Yield();
        }
        else if (buffer.Ring.TryPark(seen))
        {
            if (alarm is { } due)
                SetAlarm(due);
            buffer.Bell.WaitOne();
            buffer.Ring.Unpark();
        }
        else
        {
            // There is an item (or a reserved place that is about to be written), or the ring is closed.
            Thread.Yield();
        }
    }

    /// <summary>Sleeps for a duration, or until the event is set.</summary>
    public void WaitFor(TimeSpan time)
    {
        SetAlarm(time);
        buffer.Bell.WaitOne();
    }

    public void Dispose() => timer?.Dispose();

    void SetAlarm(TimeSpan due)
    {
        // Timers may fire a little early. A wait of at least a whole millisecond prevents the repeated check from
        // becoming a spin.
        if (due < TimeSpan.FromMilliseconds(1))
            due = TimeSpan.FromMilliseconds(1);
        timer ??= clock.CreateTimer(
            static bell => ((AutoResetEvent)bell!).Set(),
            buffer.Bell,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        timer.Change(LongWait.GetFirstStep(due), Timeout.InfiniteTimeSpan);
    }
}
