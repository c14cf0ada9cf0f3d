using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Tracks the records that one read of the store should find, for queues whose last records are not in memory: those
/// that existed when the read began.
/// </summary>
struct SpilledRead()
{
    Dictionary<string, (int Records, long Bytes, long UpTo)>? left;

    public readonly bool Any => left is not null;

    /// <summary>Adds the present records of a queue, up to a sequence.</summary>
    public void Add(SourceQueue queue, long upTo) =>
        (left ??= new(StringComparer.Ordinal))[queue.SourceId] = (queue.Spilled, queue.SpilledBytes, upTo);

    public readonly bool Has(string source) => left is not null && left.ContainsKey(source);

    /// <summary>Counts a record as found.</summary>
    public readonly void RecordTaken(string source, int bytes)
    {
        var (records, before, upTo) = left![source];
        left[source] = (records - 1, before - bytes, upTo);
    }

    /// <summary>Returns the records that were not found yet.</summary>
    public readonly (int Records, long Bytes, long UpTo) GetLeft(string source) => left![source];
}
