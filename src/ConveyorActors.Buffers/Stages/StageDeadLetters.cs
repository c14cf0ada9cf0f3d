using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>Moves records of a stage to its dead letters, and writes each to the store.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class StageDeadLetters<T>(StageContext<T> context, StageQueues<T> queues)
{
    readonly DeadLetterBox<T> letters = new();

    public int Count => letters.Count;

    public long Bytes => letters.Bytes;

    /// <summary>Gets the number of dead letters that were purged or discarded to make room for newer ones.</summary>
    public long Discarded => letters.Discarded;

    /// <summary>
    /// Gets or sets the default limit of the bytes of dead letters, derived from the manager's limits.
    /// </summary>
    public long UsualBytes { get; set; } = StageSettings.UsualDeadLetterBytes;

    public IReadOnlyList<DeadLetter<T>> List(int max) => letters.List(max);

    /// <summary>Adds a record that a lease gives up; the caller removes it from its lease and its queue.</summary>
    public void Add(
        SourceQueue<T> queue,
        BufferedRecord<T> record,
        int bytes,
        LossReason reason,
        string error,
        long now
    )
    {
        queue.Counts.Losses.Add(reason, 1);
        Keep(new(record, reason, error, context.GetDate(now)), bytes);
        AddEvent(queue, record, reason, error, now);
    }

    /// <summary>Adds a record that was never in a queue: a result too large for any limit.</summary>
    public void AddResult(SourceQueue<T> queue, T record, int bytes, LossReason reason, string error, long now)
    {
        queue.Counts.Accepted++;
        var letter = context.Show(queue, new(record, ++queues.LastSequence, now, 0, bytes));
        context.Changed?.Invoke(new StageEvent<T>.Buffered(queue.SourceId, letter.Sequence, [record], [bytes], now));
        Add(queue, letter, bytes, reason, error, now);
    }

    /// <summary>Adds a stored record that exceeds the present limits.</summary>
    public void AddStored(SourceQueue<T> queue, in StoredRecord<T> stored, string error, long now)
    {
        var letter = context.Show(
            queue,
            new(stored.Record, stored.Sequence, stored.BufferedAt, stored.Retries, stored.Bytes)
        );
        Add(queue, letter, stored.Bytes, LossReason.ResultTooLarge, error, now);
    }

    /// <summary>Removes the oldest dead letters.</summary>
    /// <param name="count">The most dead letters to remove.</param>
    /// <param name="discarded">True when the dead letters are discarded, false when they will be offered again.</param>
    public IReadOnlyList<DeadLetter<T>> Remove(int count, bool discarded)
    {
        var removed = letters.Remove(count, discarded);
        if (removed.Count > 0)
            context.Changed?.Invoke(new StageEvent<T>.DeadLettersRemoved(removed.Count) { AreDiscarded = discarded });
        return removed;
    }

    /// <summary>Adds a dead letter while the stage is rebuilt, without calling back.</summary>
    public void Keep(DeadLetter<T> letter, int bytes) =>
        letters.Add(letter, bytes, context.Settings.MaxDeadLetters, context.Settings.MaxDeadLetterBytes ?? UsualBytes);

    /// <summary>Removes dead letters while the stage is rebuilt, without calling back.</summary>
    public void Forget(int count, bool discarded) => letters.Remove(count, discarded);

    public void Restore(IEnumerable<DeadLetter<T>> kept, long discarded, Func<T, int> sizeOf) =>
        letters.Restore(kept, discarded, sizeOf);

    void AddEvent(SourceQueue<T> queue, BufferedRecord<T> letter, LossReason reason, string error, long now) =>
        context.Changed?.Invoke(
            new StageEvent<T>.DeadLettered(queue.SourceId, letter.Sequence, reason, error, now)
            {
                Letter = letter,
                Kept = letters.Count,
            }
        );
}
