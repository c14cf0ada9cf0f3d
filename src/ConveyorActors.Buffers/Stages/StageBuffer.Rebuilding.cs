using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

public sealed partial class StageBuffer<T>
{
    /// <summary>Applies one event of another stage buffer's past. Nobody is told, and no room is released.</summary>
    /// <param name="happened">
    /// The event. Applied in order from the first to an empty stage, the events rebuild it.
    /// </param>
    /// <param name="now">The time, for backoffs that are still being waited out.</param>
    /// <exception cref="InvalidOperationException">The event does not fit what was applied before.</exception>
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
                var queue = Known(dead.Source);
                var queued = queue.Records[Place(queue, dead.Sequence)];
                Keep(new(Shown(queue, queued), dead.Reason, dead.LastError, dateOf(dead.At)), queued.Bytes);
                Remove(dead.Source, [dead.Sequence]);
                break;
            case StageEvent<T>.DeadLettersRemoved removed:
                deadLetters.Remove(removed.Count, removed.AreDiscarded);
                break;
            default:
                throw new InvalidOperationException(
                    $"Stage '{StageId}' does not know the event {happened.GetType().Name}."
                );
        }
    }

    /// <summary>Takes back what a store has kept of the stage, but for the records that wait.</summary>
    internal void Restore(long sequence, IEnumerable<DeadLetter<T>> letters, long discarded, Func<T, int> sizeOf)
    {
        lastSequence = Math.Max(lastSequence, sequence);
        deadLetters.Restore(letters, discarded, sizeOf);
    }

    /// <summary>
    /// Puts a record that a store has kept at the tail of its queue, where its sequence belongs. Its room is taken
    /// already.
    /// </summary>
    internal void Restore(SourceQueue<T> queue, in StoredRecord<T> stored, long now)
    {
        queue.BeforeChange(now);
        queue.Records.Add(stored.Record, stored.Bytes, stored.Sequence, stored.BufferedAt, stored.Retries);
        queue.PendingBytes += stored.Bytes;
        Buffered++;
        if (Settings.TimeToLive is { } life)
            firstExpiry = Math.Min(firstExpiry, stored.BufferedAt + Durations.Milliseconds(life));
        Rejoin(queue);
    }

    /// <summary>A record that a store has kept and no limit can hold any more goes to the dead letters.</summary>
    internal void BuryStored(SourceQueue<T> queue, in StoredRecord<T> stored, string error, long now)
    {
        queue.Counts.Losses.Add(LossReason.ResultTooLarge, 1);
        var letter = new BufferedRecord<T>(
            stored.Record,
            queue.SourceId,
            PipelineId,
            StageId,
            dateOf(stored.BufferedAt),
            stored.Retries,
            stored.Sequence
        );
        Keep(new(letter, LossReason.ResultTooLarge, error, dateOf(now)), stored.Bytes);
        changed?.Invoke(
            new StageEvent<T>.DeadLettered(queue.SourceId, stored.Sequence, LossReason.ResultTooLarge, error, now)
            {
                Letter = letter,
                Kept = deadLetters.Count,
            }
        );
    }

    /// <summary>Lets a queue wait out the rest of its backoff.</summary>
    internal void RestoreSleep(SourceQueue<T> queue, long until, long now) => Sleep(queue, until, now);

    internal long LastSequence => lastSequence;

    void ApplyBuffered(StageEvent<T>.Buffered buffered)
    {
        var queue = QueueOf(buffered.Source, buffered.BufferedAt);
        for (var i = 0; i < buffered.Records.Count; i++)
        {
            queue.Records.Add(buffered.Records[i], buffered.Bytes[i], buffered.FirstSequence + i, buffered.BufferedAt);
            queue.PendingBytes += buffered.Bytes[i];
        }
        lastSequence = Math.Max(lastSequence, buffered.FirstSequence + buffered.Records.Count - 1);
        Buffered += buffered.Records.Count;
        queue.Counts.Accepted += buffered.Records.Count;
        if (Settings.TimeToLive is { } life)
            firstExpiry = Math.Min(firstExpiry, buffered.BufferedAt + Durations.Milliseconds(life));
        Rejoin(queue);
    }

    void ApplyReturned(StageEvent<T>.Returned returned, long now)
    {
        var queue = Known(returned.Source);
        foreach (var sequence in returned.Sequences)
            queue.Records.AddRetry(Place(queue, sequence));
        queue.Counts.Retries += returned.Sequences.Count;
        Sleep(queue, returned.SleepsUntil, now);
    }

    void Remove(string source, IReadOnlyList<long> sequences)
    {
        var queue = Known(source);
        foreach (var sequence in sequences)
        {
            var place = Place(queue, sequence);
            queue.PendingBytes -= queue.Records[place].Bytes;
            queue.Records.RemoveAt(place);
            Buffered--;
        }
    }

    SourceQueue<T> Known(string source) =>
        FindQueue(source)
        ?? throw new InvalidOperationException(
            $"Stage '{StageId}' has no records of source '{source}' that an event speaks of."
        );

    int Place(SourceQueue<T> queue, long sequence) =>
        queue.Records.IndexOf(sequence) is >= 0 and var place
            ? place
            : throw new InvalidOperationException(
                $"Stage '{StageId}' has no record {sequence} of source '{queue.SourceId}' that an event speaks of."
            );
}
