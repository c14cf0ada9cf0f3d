namespace ConveyorActors.Hosting.Health;

/// <summary>Since when each pipeline and stage has been full. Safe for use by many threads.</summary>
sealed class FullSince(TimeProvider clock)
{
    readonly Lock gate = new();
    readonly Dictionary<string, long> since = new(StringComparer.Ordinal);

    /// <summary>Notes whether something is full, and returns how long it has been; null: it is not.</summary>
    public TimeSpan? Update(string what, bool isFull)
    {
        lock (gate)
        {
            if (!isFull)
            {
                since.Remove(what);
                return null;
            }
            if (since.TryGetValue(what, out var began))
                return clock.GetElapsedTime(began);
            since[what] = clock.GetTimestamp();
            return TimeSpan.Zero;
        }
    }
}
