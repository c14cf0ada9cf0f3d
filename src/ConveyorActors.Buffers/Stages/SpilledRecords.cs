using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Keeps records only in the store when as many are in memory as may be, and takes them back when their turn comes.
/// </summary>
/// <remarks>Guarded by the stage's lock. What is spilled of a queue is noted at the queue.</remarks>
sealed class SpilledRecords<T>(
    StageContext<T> context,
    StageQueues<T> queues,
    RecordExpiry<T> expiry,
    ServingRound<T> round
)
{
    /// <summary>
    /// Keeps records that come in only in the store if memory is full. A queue has a record in memory all the same.
    /// </summary>
    public bool TrySpill(SourceQueue<T> queue, int records, long bytes)
    {
        if (
            context.Room is not { } room
            || queue.Spilled == 0 && (!room.IsMemoryFull || queue.Records.Count + queue.InFlight == 0)
        )
            return false;
        if (queue.Spilled == 0)
            queue.ReadUpTo = queues.LastSequence;
        queue.Spilled += records;
        queue.SpilledBytes += bytes;
        room.Spilled(records, bytes);
        return true;
    }

    /// <summary>Puts a record that was only in the store at the tail of those in memory.</summary>
    public void Unspill(SourceQueue<T> queue, in StoredRecord<T> stored)
    {
        queue.Records.Add(stored.Record, stored.Bytes, stored.Sequence, stored.BufferedAt, stored.Retries);
        queue.Spilled--;
        queue.SpilledBytes -= stored.Bytes;
        queue.ReadUpTo = stored.Sequence;
        expiry.Note(stored.BufferedAt);
        round.Rejoin(queue);
    }

    /// <summary>Counts records that were only in the store, and are damaged there, as lost.</summary>
    public void Lose(SourceQueue<T> queue, int records, long bytes, long now)
    {
        queue.BeforeChange(now);
        queue.Spilled -= records;
        queue.SpilledBytes -= bytes;
        queues.Buffered -= records;
        queue.Counts.Losses.Add(LossReason.Damaged, records);
        context.Release(queue, records, bytes);
    }
}
