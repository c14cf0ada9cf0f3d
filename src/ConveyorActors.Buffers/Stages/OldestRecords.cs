using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Finds and drops the oldest records that wait at a stage, whatever their source.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class OldestRecords<T>(StageContext<T> context, StageQueues<T> queues)
{
    /// <summary>Gets the queue of the oldest record that waits; null: none waits.</summary>
    public SourceQueue<T>? Queue
    {
        get
        {
            SourceQueue<T>? oldest = null;
            foreach (var queue in queues.All)
                if (
                    queue.Records.Count > 0
                    && (oldest is null || queue.Records.FirstSequence < oldest.Records.FirstSequence)
                )
                    oldest = queue;
            return oldest;
        }
    }

    /// <summary>Drops the oldest record that waits. Returns false when no record waits.</summary>
    public bool Drop(long now)
    {
        if (Queue is not { } oldest)
            return false;
        DropFirst(oldest, now);
        return true;
    }

    /// <summary>Drops waiting records, the oldest first, until the stage is small enough or no record waits.</summary>
    public void DropUntil(Func<bool> isSmallEnough, long now)
    {
        if (isSmallEnough())
            return;
        // A priority queue avoids a search through all queues for each record, which would be slow with many of both.
        var next = new PriorityQueue<SourceQueue<T>, long>();
        foreach (var queue in queues.All)
            if (queue.Records.Count > 0)
                next.Enqueue(queue, queue.Records.FirstSequence);
        while (!isSmallEnough() && next.TryDequeue(out var oldest, out _))
        {
            DropFirst(oldest, now);
            if (oldest.Records.Count > 0)
                next.Enqueue(oldest, oldest.Records.FirstSequence);
        }
    }

    /// <summary>Enumerates the records that wait, in the order in which they would be dropped.</summary>
    public IEnumerable<(string Source, int Bytes)> List()
    {
        var next = new PriorityQueue<(SourceQueue<T> Queue, IEnumerator<QueuedRecord<T>> Next), long>();
        foreach (var queue in queues.All)
            EnqueueNext(queue, queue.Records.EnumerateRecords().GetEnumerator());
        while (next.TryDequeue(out var oldest, out _))
        {
            yield return (oldest.Queue.SourceId, oldest.Next.Current.Bytes);
            EnqueueNext(oldest.Queue, oldest.Next);
        }

        void EnqueueNext(SourceQueue<T> queue, IEnumerator<QueuedRecord<T>> rest)
        {
            if (rest.MoveNext())
                next.Enqueue((queue, rest), rest.Current.Sequence);
        }
    }

    void DropFirst(SourceQueue<T> queue, long now)
    {
        queue.UpdateFillArea(now);
        var record = queue.Records.PopFront();
        queues.Buffered--;
        queue.Counts.Losses.Add(LossReason.DroppedOldest, 1);
        context.Changed?.Invoke(new StageEvent<T>.Settled(queue.SourceId, [record.Sequence], Dropped: true));
        context.Release(queue, 1, record.Bytes);
    }
}
