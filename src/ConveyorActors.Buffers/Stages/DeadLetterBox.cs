namespace ConveyorActors.Buffers.Stages;

/// <summary>A stage's dead letters, oldest first, bounded in number and bytes.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class DeadLetterBox<T>
{
    readonly Queue<(DeadLetter<T> Letter, long Bytes)> letters = new();

    public int Count => letters.Count;

    /// <summary>Gets the bytes of the records and error texts that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Gets the number of dead letters that were purged or discarded to make room for newer ones.</summary>
    public long Discarded { get; private set; }

    /// <summary>
    /// Adds a dead letter and discards the oldest ones over the bounds; the newest is kept even if it alone is larger
    /// than the bound in bytes, unless that bound is 0.
    /// </summary>
    public void Add(DeadLetter<T> letter, int recordBytes, int most, long mostBytes)
    {
        Keep(letter, recordBytes);
        while (letters.Count > most || Bytes > mostBytes && (letters.Count > 1 || mostBytes == 0))
        {
            Take();
            Discarded++;
        }
    }

    public void Restore(IEnumerable<DeadLetter<T>> kept, long discarded, Func<T, int> sizeOf)
    {
        foreach (var letter in kept)
            Keep(letter, sizeOf(letter.Record.Record));
        Discarded += discarded;
    }

    public IReadOnlyList<DeadLetter<T>> List(int max) => letters.Take(max).Select(l => l.Letter).ToArray();

    public IReadOnlyList<DeadLetter<T>> Remove(int count, bool discarded)
    {
        var removed = new List<DeadLetter<T>>(Math.Min(count, letters.Count));
        while (removed.Count < count && letters.Count > 0)
            removed.Add(Take());
        if (discarded)
            Discarded += removed.Count;
        return removed;
    }

    void Keep(DeadLetter<T> letter, int recordBytes)
    {
        var bytes = recordBytes + (long)sizeof(char) * letter.LastError.Length;
        letters.Enqueue((letter, bytes));
        Bytes += bytes;
    }

    DeadLetter<T> Take()
    {
        var (letter, bytes) = letters.Dequeue();
        Bytes -= bytes;
        return letter;
    }
}
