using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Lets records expire that wait longer than the stage's time to live.</summary>
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

    /// <summary>Gets when the first record may expire; <see cref="long.MaxValue"/>: none does.</summary>
    public long NextDue { get; private set; }

    /// <summary>Notes that a record waits.</summary>
    /// <param name="bufferedAt">When it came in.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(long bufferedAt)
    {
        if (lifeMs != Never)
            NextDue = Math.Min(NextDue, bufferedAt + lifeMs);
    }

    /// <summary>Takes the time to live from the settings; it holds for records that wait already, too.</summary>
    public void ApplySettings()
    {
        NextDue = Never;
        lifeMs = context.Settings.TimeToLive is { } life ? Durations.Milliseconds(life) : Never;
        if (lifeMs == Never)
            return;
        foreach (var queue in queues.All)
            if (queue.Records.Count > 0)
                Note(queue.Records.FirstBufferedAt);
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
                Note(queue.Records.FirstBufferedAt);
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
                queue.BeforeChange(now);
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
