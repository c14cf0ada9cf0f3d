namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    readonly PriorityQueue<SourceLine<T>, long> sleepers = new();
    long firstExpiry = long.MaxValue;

    /// <summary>When <see cref="Tick"/> next has something to do; <see cref="long.MaxValue"/>: never, as things are.</summary>
    public long NextDue => Math.Min(
        Math.Min(firstLease?.DeadlineMs ?? long.MaxValue, firstExpiry),
        sleepers.TryPeek(out _, out var wakes) ? wakes : long.MaxValue);

    /// <summary>Does what time has brought: leases past their deadline return, backoffs end, records past their time to live expire.</summary>
    public void Tick(long now)
    {
        while (firstLease is { } lease && lease.DeadlineMs <= now)
        {
            Fail(lease, "lease expired", now, isNew: lease.FailedWith == 0);
        }
        while (sleepers.TryPeek(out var line, out var until) && until <= now)
        {
            sleepers.Dequeue();
            if (line.SleepsUntil != until) continue; // it was sent to sleep again, for longer
            line.SleepsUntil = 0;
            Rejoin(line);
        }
        if (firstExpiry <= now) Expire(now);
    }

    void Sleep(SourceLine<T> line, long until, long now)
    {
        if (until <= now || until <= line.SleepsUntil) return;
        line.SleepsUntil = until;
        sleepers.Enqueue(line, until);
    }

    /// <summary>A time to live holds for what waits already, too.</summary>
    void FindFirstExpiry()
    {
        firstExpiry = long.MaxValue;
        if (settings.TimeToLive is not { } life) return;
        foreach (var line in lines.Values)
            if (line.Records.Count > 0) firstExpiry = Math.Min(firstExpiry, line.Records.FirstBufferedAt + Durations.Milliseconds(life));
    }

    void Expire(long now)
    {
        firstExpiry = long.MaxValue;
        if (Settings.TimeToLive is not { } life) return;
        var lifeMs = Durations.Milliseconds(life);
        foreach (var line in lines.Values)
        {
            var expired = 0;
            long bytes = 0;
            List<long>? sequences = changed is null ? null : [];
            while (line.Records.Count > 0 && line.Records.FirstBufferedAt + lifeMs <= now)
            {
                if (expired == 0) line.BeforeChange(now);
                var slot = line.Records.PopFront();
                expired++;
                bytes += slot.Bytes;
                sequences?.Add(slot.Sequence);
            }
            if (line.Records.Count > 0) firstExpiry = Math.Min(firstExpiry, line.Records.FirstBufferedAt + lifeMs);
            if (expired == 0) continue;
            Buffered -= expired;
            line.Counts.Losses.Add(LossReason.Expired, expired);
            if (sequences is not null) changed!(new StageEvent<T>.Expired(line.SourceId, sequences));
            Left(line, expired, bytes);
        }
    }
}
