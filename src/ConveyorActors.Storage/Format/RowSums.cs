using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Format;

/// <summary>Computes the checksum of a row, for each table.</summary>
static class RowSums
{
    public static long ComputeForQueue(Queue queue)
    {
        var sum = Checksum.Start(RowKind.Queue, queue.Id);
        sum.Add(queue.Pipeline);
        sum.Add(queue.Stage);
        sum.Add((long)queue.Kind);
        return sum.Value;
    }

    public static long ComputeForSourceQueue(int id, int queue, string? source)
    {
        var sum = Checksum.Start(RowKind.SourceQueue, id);
        sum.Add(queue);
        sum.Add(source);
        return sum.Value;
    }

    public static long ComputeForCounts(long id, ReadOnlySpan<byte> data) => Compute(RowKind.Counts, id, data);

    public static long ComputeForGroup(long id, long queue, long first, long count, ReadOnlySpan<byte> data)
    {
        var sum = Checksum.Start(RowKind.Group, id);
        sum.Add(queue);
        sum.Add(first);
        sum.Add(count);
        sum.Add(data);
        return sum.Value;
    }

    /// <summary>
    /// Returns the checksum of a group's tombstones. It includes the group's checksum, so that the row is valid only
    /// for the group that it was written for.
    /// </summary>
    public static long ComputeForTombstones(long id, long group, ReadOnlySpan<byte> data)
    {
        var sum = Checksum.Start(RowKind.Tombstones, id);
        sum.Add(group);
        sum.Add(data);
        return sum.Value;
    }

    /// <summary>Returns the checksum of a dead letter, or of ids in a duplicate window.</summary>
    public static long ComputeForMember(RowKind table, long id, long queue, ReadOnlySpan<byte> data)
    {
        var sum = Checksum.Start(table, id);
        sum.Add(queue);
        sum.Add(data);
        return sum.Value;
    }

    public static long ComputeForCheckpoint(long id, string pipeline, string key, string value)
    {
        var sum = Checksum.Start(RowKind.Checkpoint, id);
        sum.Add(pipeline);
        sum.Add(key);
        sum.Add(value);
        return sum.Value;
    }

    public static long ComputeForHead(long format, long transaction, ReadOnlySpan<byte> sums)
    {
        var sum = Checksum.Start(RowKind.Head, 1);
        sum.Add(format);
        sum.Add(transaction);
        sum.Add(sums);
        return sum.Value;
    }

    static long Compute(RowKind table, long id, ReadOnlySpan<byte> data)
    {
        var sum = Checksum.Start(table, id);
        sum.Add(data);
        return sum.Value;
    }
}
