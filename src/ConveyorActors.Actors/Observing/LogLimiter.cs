namespace ConveyorActors.Actors.Observing;

/// <summary>Admits one log entry per period, and counts the records of the others.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class LogLimiter(TimeSpan period, TimeProvider clock)
{
    /// <summary>The least time between two entries of an event that could happen for every record.</summary>
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    long? last;
    long pending;

    /// <summary>
    /// Counts records. Returns true when an entry may be written, with all that was counted since the last one.
    /// </summary>
    public bool Count(long records, out long total)
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
