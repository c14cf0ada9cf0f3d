using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    readonly PriorityQueue<SourceQueue<T>, long> sleepers = new();
    long firstExpiry = long.MaxValue;

    /// <summary>
    /// When <see cref="Tick"/> next has something to do; <see cref="long.MaxValue"/>: never, as things are.
    /// </summary>
    public long NextDue =>
        Math.Min(
            Math.Min(firstLease?.DeadlineMs ?? long.MaxValue, firstExpiry),
            sleepers.TryPeek(out _, out var wakes) ? wakes : long.MaxValue
        );

    /// <summary>
    /// Does what time has brought: leases past their deadline return, backoffs end, records past their time to live
    /// expire.
    /// </summary>
    public void Tick(long now)
    {
        while (firstLease is { } lease && lease.DeadlineMs <= now)
        {
            Fail(lease, "lease expired", now, isNew: lease.FailedWith == 0);
        }
        while (sleepers.TryPeek(out var queue, out var until) && until <= now)
        {
            sleepers.Dequeue();
            if (queue.SleepsUntil != until)
                continue; // it was sent to sleep again, for longer
            queue.SleepsUntil = 0;
            Rejoin(queue);
        }
        if (firstExpiry <= now)
            Expire(now);
    }

    void Sleep(SourceQueue<T> queue, long until, long now)
    {
        if (until <= now || until <= queue.SleepsUntil)
            return;
        queue.SleepsUntil = until;
        sleepers.Enqueue(queue, until);
    }

    /// <summary>A time to live holds for what waits already, too.</summary>
    void FindFirstExpiry()
    {
        firstExpiry = long.MaxValue;
        if (settings.TimeToLive is not { } life)
            return;
        foreach (var queue in queues.Values)
            if (queue.Records.Count > 0)
                firstExpiry = Math.Min(firstExpiry, queue.Records.FirstBufferedAt + Durations.Milliseconds(life));
    }

    void Expire(long now)
    {
        firstExpiry = long.MaxValue;
        if (Settings.TimeToLive is not { } life)
            return;
        var lifeMs = Durations.Milliseconds(life);
        foreach (var queue in queues.Values)
        {
            var expired = 0;
            long bytes = 0;
            List<long>? sequences = changed is null ? null : [];
            while (queue.Records.Count > 0 && queue.Records.FirstBufferedAt + lifeMs <= now)
            {
                if (expired == 0)
                    queue.BeforeChange(now);
                var slot = queue.Records.PopFront();
                expired++;
                bytes += slot.Bytes;
                sequences?.Add(slot.Sequence);
            }
            if (queue.Records.Count > 0)
                firstExpiry = Math.Min(firstExpiry, queue.Records.FirstBufferedAt + lifeMs);
            if (expired == 0)
                continue;
            Buffered -= expired;
            queue.Counts.Losses.Add(LossReason.Expired, expired);
            if (sequences is not null)
                changed!(new StageEvent<T>.Expired(queue.SourceId, sequences));
            Left(queue, expired, bytes);
        }
    }
}
