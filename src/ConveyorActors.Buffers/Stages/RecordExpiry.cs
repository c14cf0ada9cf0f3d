using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Removes records that have waited longer than the stage's time to live.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class RecordExpiry<T>
{
    const long Never = long.MaxValue;

    readonly StageContext<T> context;
    readonly StageQueues<T> queues;
    long lifeMs;

    public RecordExpiry(StageContext<T> context, StageQueues<T> queues)
    {
        this.context = context;
        this.queues = queues;
        ApplySettings();
    }

    /// <summary>Gets when the first record may expire; <see cref="long.MaxValue"/>: none will.</summary>
    public long NextDue { get; private set; }

    /// <summary>Updates the next expiry for a record that waits.</summary>
    /// <param name="bufferedAt">The time at which the record was buffered.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UpdateNextDue(long bufferedAt)
    {
        if (lifeMs != Never)
            NextDue = Math.Min(NextDue, bufferedAt + lifeMs);
    }

    /// <summary>Applies the time to live from the settings, including to records that already wait.</summary>
    public void ApplySettings()
    {
        NextDue = Never;
        lifeMs = context.Settings.TimeToLive is { } life ? Durations.ToMilliseconds(life) : Never;
        if (lifeMs == Never)
            return;
        foreach (var queue in queues.All)
            if (queue.Records.Count > 0)
                UpdateNextDue(queue.Records.FirstBufferedAt);
    }

    public void Expire(long now)
    {
        NextDue = Never;
        if (lifeMs == Never)
            return;
        foreach (var queue in queues.All)
        {
            Expire(queue, now);
            if (queue.Records.Count > 0)
                UpdateNextDue(queue.Records.FirstBufferedAt);
        }
    }

    void Expire(SourceQueue<T> queue, long now)
    {
        var expired = 0;
        long bytes = 0;
        List<long>? sequences = context.Changed is null ? null : [];
        while (queue.Records.Count > 0 && queue.Records.FirstBufferedAt + lifeMs <= now)
        {
            if (expired == 0)
                queue.UpdateFillArea(now);
            var record = queue.Records.PopFront();
            expired++;
            bytes += record.Bytes;
            sequences?.Add(record.Sequence);
        }
        if (expired == 0)
            return;
        queues.Buffered -= expired;
        queue.Counts.Losses.Add(LossReason.Expired, expired);
        if (sequences is not null)
            context.Changed!(new StageEvent<T>.Expired(queue.SourceId, sequences));
        context.Release(queue, expired, bytes);
    }
}
