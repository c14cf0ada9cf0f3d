namespace ConveyorActors.Hosting.Health;

/// <summary>Tracks since when each pipeline and stage has been full. Safe for use by many threads.</summary>
sealed class FullSince(TimeProvider clock)
{
    readonly Lock gate = new();
    readonly Dictionary<string, long> since = new(StringComparer.Ordinal);

    /// <summary>
    /// Records whether a pipeline or stage is full, and returns how long it has been; null: it is not full.
    /// </summary>
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
