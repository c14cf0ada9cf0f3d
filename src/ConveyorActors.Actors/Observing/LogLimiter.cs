namespace ConveyorActors.Actors.Observing;

/// <summary>Lets one entry into the log in each period, and counts what the others would have said.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class LogLimiter(TimeSpan period, TimeProvider clock)
{
    /// <summary>How often at most an event is logged that may come with every record.</summary>
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    long? last;
    long pending;

    /// <summary>Counts records. Returns true when an entry may be written, with all that was counted since the last one.</summary>
    public bool Count(long records, out long total)
    {
        lock (gate)
        {
            pending += records;
            total = pending;
            if (last is { } then && clock.GetElapsedTime(then) < period) return false;
            last = clock.GetTimestamp();
            pending = 0;
            return true;
        }
    }
}
