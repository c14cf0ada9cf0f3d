namespace ConveyorActors.Buffers.Stages;

/// <summary>The records of a lease that a call refers to: all, or those with the given sequences.</summary>
/// <remarks>Consecutive sequences, which are nearly always given, are stored as a range; others as a set.</remarks>
readonly struct WantedSequences
{
    readonly long first;
    readonly ulong count;
    readonly HashSet<long>? others;

    WantedSequences(long first, int count) => (this.first, this.count) = (first, (ulong)count);

    WantedSequences(HashSet<long> others) => this.others = others;

    /// <summary>Gets the value that contains every record.</summary>
    public static WantedSequences All { get; } = new(0, 0) { IsAll = true };

    /// <summary>Gets whether all records are wanted, whatever their sequences.</summary>
    public bool IsAll { get; private init; }

    /// <summary>Returns the value for a caller's list; null: all records.</summary>
    public static WantedSequences From(IReadOnlyList<long>? sequences)
    {
        if (sequences is null)
            return All;
        return IsRange(sequences) ? new(sequences[0], sequences.Count) : new([.. sequences]);
    }

    /// <summary>Returns whether the record with a sequence is wanted.</summary>
    public bool Contains(long sequence) =>
        IsAll || (others is null ? (ulong)(sequence - first) < count : others.Contains(sequence));

    static bool IsRange(IReadOnlyList<long> sequences)
    {
        if (sequences.Count == 0)
            return false;
        if (sequences is long[] array)
            return IsRange(array.AsSpan());
        if (sequences is ArraySegment<long> segment)
            return IsRange(segment.AsSpan());
        for (var i = 1; i < sequences.Count; i++)
            if (sequences[i] != sequences[i - 1] + 1)
                return false;
        return true;
    }

    static bool IsRange(ReadOnlySpan<long> sequences)
    {
        for (var i = 1; i < sequences.Length; i++)
            if (sequences[i] != sequences[i - 1] + 1)
                return false;
        return true;
    }
}
