namespace ConveyorActors.Actors.Observing;

/// <summary>Admits one log entry per period, and counts the records of suppressed entries.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class LogLimiter(TimeSpan period, TimeProvider clock)
{
    /// <summary>The shortest time between two entries of an event that could happen for every record.</summary>
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    long? last;
    long pending;

    /// <summary>
    /// Counts records. Returns true if an entry may be written, with the number of records since the last entry.
    /// </summary>
    public bool TryLog(long records, out long total)
    {
        lock (gate)
        {
            pending += records;
            total = pending;
            if (last is { } then && clock.GetElapsedTime(then) < period)
                return false;
            last = clock.GetTimestamp();
            pending = 0;
            return true;
        }
    }
}
