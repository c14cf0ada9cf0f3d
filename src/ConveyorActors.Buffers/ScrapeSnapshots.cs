using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>
/// Gives all instruments of one scrape the same snapshot, because taking a snapshot stops every stage for a moment. A
/// listener reads each instrument once in a scrape, on one thread: reading an instrument again, or on another thread,
/// begins the next scrape.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="take">Takes a snapshot.</param>
/// <param name="clock">Measures the age of the snapshot.</param>
sealed class ScrapeSnapshots(Func<PipelineSnapshot> take, TimeProvider clock)
{
    /// <summary>
    /// The age at which a snapshot is taken again, so that a listener that reads only some instruments gets no outdated
    /// numbers.
    /// </summary>
    static readonly TimeSpan Oldest = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly HashSet<string> readers = new(StringComparer.Ordinal);
    PipelineSnapshot? current;
    long takenAt;
    int thread;

    /// <summary>Returns the snapshot for an instrument.</summary>
    public PipelineSnapshot GetSnapshot(string instrument)
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
