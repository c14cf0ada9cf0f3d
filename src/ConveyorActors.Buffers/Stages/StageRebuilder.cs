using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Rebuilds a stage from its stored state: from its events, or record by record.</summary>
/// <remarks>Guarded by the stage's lock. Rebuilding calls no callback and releases no room.</remarks>
sealed class StageRebuilder<T>(
    StageContext<T> context,
    StageQueues<T> queues,
    ServingRound<T> round,
    StageDeadLetters<T> letters,
    RecordExpiry<T> expiry,
    BackoffTimer<T> backoffs
)
{
    /// <summary>Applies one event of the stage's history.</summary>
    /// <exception cref="InvalidOperationException">The event contradicts the events applied before.</exception>
    public void Apply(StageEvent<T> happened, long now)
    {
        switch (happened)
        {
            case StageEvent<T>.Buffered buffered:
                ApplyBuffered(buffered);
                break;
            case StageEvent<T>.Settled settled:
                Remove(settled.Source, settled.Sequences);
                break;
            case StageEvent<T>.Expired expired:
                Remove(expired.Source, expired.Sequences);
                break;
            case StageEvent<T>.Returned returned:
                ApplyReturned(returned, now);
                break;
            case StageEvent<T>.DeadLettered dead:
                var queue = GetQueue(dead.Source);
                var queued = queue.Records[FindPlace(queue, dead.Sequence)];
                letters.Keep(
                    new(context.Show(queue, queued), dead.Reason, dead.LastError, context.GetDate(dead.At)),
                    queued.Bytes
                );
                Remove(dead.Source, [dead.Sequence]);
                break;
            case StageEvent<T>.DeadLettersRemoved removed:
                letters.Forget(removed.Count, removed.AreDiscarded);
                break;
            default:
                throw new InvalidOperationException(
                    $"Stage '{context.StageId}' does not know the event {happened.GetType().Name}."
                );
        }
    }

    /// <summary>Restores the stored state of the stage, without the records that wait.</summary>
    public void Restore(long sequence, IEnumerable<DeadLetter<T>> kept, long discarded, Func<T, int> sizeOf)
    {
        queues.LastSequence = Math.Max(queues.LastSequence, sequence);
        letters.Restore(kept, discarded, sizeOf);
    }

    /// <summary>Adds a stored record at the tail of its queue. Its room is already taken.</summary>
    public void Restore(SourceQueue<T> queue, in StoredRecord<T> stored, long now)
    {
        queue.UpdateFillArea(now);
        queue.Records.Add(stored.Record, stored.Bytes, stored.Sequence, stored.BufferedAt, stored.Retries);
        queue.PendingBytes += stored.Bytes;
        queues.Buffered++;
        expiry.UpdateNextDue(stored.BufferedAt);
        round.Rejoin(queue);
    }

    void ApplyBuffered(StageEvent<T>.Buffered buffered)
    {
        var queue = queues.GetOrAdd(buffered.Source, buffered.BufferedAt);
        for (var i = 0; i < buffered.Records.Count; i++)
        {
            queue.Records.Add(buffered.Records[i], buffered.Bytes[i], buffered.FirstSequence + i, buffered.BufferedAt);
            queue.PendingBytes += buffered.Bytes[i];
        }
        queues.LastSequence = Math.Max(queues.LastSequence, buffered.FirstSequence + buffered.Records.Count - 1);
        queues.Buffered += buffered.Records.Count;
        queue.Counts.Accepted += buffered.Records.Count;
        expiry.UpdateNextDue(buffered.BufferedAt);
        round.Rejoin(queue);
    }

    void ApplyReturned(StageEvent<T>.Returned returned, long now)
    {
        var queue = GetQueue(returned.Source);
        foreach (var sequence in returned.Sequences)
            queue.Records.AddRetry(FindPlace(queue, sequence));
        queue.Counts.Retries += returned.Sequences.Count;
        backoffs.Sleep(queue, returned.SleepsUntil, now);
    }

    void Remove(string source, IReadOnlyList<long> sequences)
    {
        var queue = GetQueue(source);
        foreach (var sequence in sequences)
        {
            var place = FindPlace(queue, sequence);
            queue.PendingBytes -= queue.Records[place].Bytes;
            queue.Records.RemoveAt(place);
            queues.Buffered--;
        }
    }

    SourceQueue<T> GetQueue(string source) =>
        queues.Find(source)
        ?? throw new InvalidOperationException(
            $"Stage '{context.StageId}' has no records of source '{source}', which an event names."
        );

    int FindPlace(SourceQueue<T> queue, long sequence) =>
        queue.Records.IndexOf(sequence) is >= 0 and var place
            ? place
            : throw new InvalidOperationException(
                $"Stage '{context.StageId}' has no record {sequence} of source '{queue.SourceId}', which an event names."
            );
}
