using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>
/// Gives all instruments of one scrape the same snapshot: taking one stops every stage for a moment. A listener reads
/// each instrument once in a scrape, on one thread: an instrument that is read again, or on another thread, begins the
/// next scrape.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="take">Takes a snapshot.</param>
/// <param name="clock">Measures its age.</param>
sealed class ScrapeSnapshots(Func<PipelineSnapshot> take, TimeProvider clock)
{
    /// <summary>Listeners that read some instruments only do not get what others began to read long ago.</summary>
    static readonly TimeSpan Oldest = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly HashSet<string> readers = new(StringComparer.Ordinal);
    PipelineSnapshot? current;
    long takenAt;
    int thread;

    /// <summary>Returns the snapshot for an instrument.</summary>
    public PipelineSnapshot For(string instrument)
    {
        lock (gate)
        {
            if (
                current is null
                || thread != Environment.CurrentManagedThreadId
                || !readers.Add(instrument)
                || clock.GetElapsedTime(takenAt) > Oldest
            )
            {
                (current, takenAt, thread) = (take(), clock.GetTimestamp(), Environment.CurrentManagedThreadId);
                readers.Clear();
                readers.Add(instrument);
            }
            return current;
        }
    }
}
