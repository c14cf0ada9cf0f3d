namespace ConveyorActors.Actors.Protocol;

/// <summary>Compares by value the members that a record type would compare by reference.</summary>
static class ByValue
{
    public static bool AreEqual<T>(IReadOnlyList<T>? list, IReadOnlyList<T>? other) =>
        ReferenceEquals(list, other)
        || list is not null && other is not null && list.Count == other.Count && list.SequenceEqual(other);

    public static bool AreEqual(ReadOnlyMemory<ConveyorRecord> records, ReadOnlyMemory<ConveyorRecord> others) =>
        records.Span.SequenceEqual(others.Span);
}
