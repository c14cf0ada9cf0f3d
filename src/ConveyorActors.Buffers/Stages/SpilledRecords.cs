using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Keeps records only in the store when memory is full, and takes them back when their turn comes.</summary>
/// <remarks>Guarded by the stage's lock. Each queue counts its spilled records.</remarks>
sealed class SpilledRecords<T>(
    StageContext<T> context,
    StageQueues<T> queues,
    RecordExpiry<T> expiry,
    ServingRound<T> round
)
{
    /// <summary>
    /// Keeps accepted records only in the store if memory is full and the queue has another record in memory or in
    /// flight, or if earlier records of the queue are only in the store. Returns whether it did.
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
        room.RecordSpilled(records, bytes);
        return true;
    }

    /// <summary>Adds a record that was only in the store at the tail of the records in memory.</summary>
    public void RestoreSpilled(SourceQueue<T> queue, in StoredRecord<T> stored)
    {
        queue.Records.Add(stored.Record, stored.Bytes, stored.Sequence, stored.BufferedAt, stored.Retries);
        queue.Spilled--;
        queue.SpilledBytes -= stored.Bytes;
        queue.ReadUpTo = stored.Sequence;
        expiry.UpdateNextDue(stored.BufferedAt);
        round.Rejoin(queue);
    }

    /// <summary>Counts records that were only in the store, and are damaged there, as lost.</summary>
    public void Lose(SourceQueue<T> queue, int records, long bytes, long now)
    {
        queue.UpdateFillArea(now);
        queue.Spilled -= records;
        queue.SpilledBytes -= bytes;
        queues.Buffered -= records;
        queue.Counts.Losses.Add(LossReason.Damaged, records);
        context.Release(queue, records, bytes);
    }
}
