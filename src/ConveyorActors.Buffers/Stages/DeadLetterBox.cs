namespace ConveyorActors.Buffers.Stages;

/// <summary>A stage's dead letters, oldest first, bounded.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class DeadLetterBox<T>
{
    readonly Queue<DeadLetter<T>> letters = new();

    public int Count => letters.Count;

    /// <summary>How many were purged or gave way to newer ones.</summary>
    public long Discarded { get; private set; }

    public void Add(DeadLetter<T> letter, int most)
    {
        letters.Enqueue(letter);
        while (letters.Count > most)
        {
            letters.Dequeue();
            Discarded++;
        }
    }

    public void Restore(IEnumerable<DeadLetter<T>> kept, long discarded)
    {
        foreach (var letter in kept) letters.Enqueue(letter);
        Discarded += discarded;
    }

    public IReadOnlyList<DeadLetter<T>> List(int max) => [.. letters.Take(max)];

    public IReadOnlyList<DeadLetter<T>> Remove(int count, bool discarded)
    {
        var removed = new List<DeadLetter<T>>(Math.Min(count, letters.Count));
        while (removed.Count < count && letters.TryDequeue(out var letter)) removed.Add(letter);
        if (discarded) Discarded += removed.Count;
        return removed;
    }
}
