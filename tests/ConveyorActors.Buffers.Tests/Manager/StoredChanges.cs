using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Applies changes to the records that a store of a test holds.</summary>
static class StoredChanges
{
    /// <summary>Adds the records that were buffered, and removes those that were settled.</summary>
    public static void Apply(SortedDictionary<long, StoredRecord<int>> records, ReadOnlySpan<StoreEntry<int>> unit)
    {
        foreach (var entry in unit)
        {
            if (entry.Event is StageEvent<int>.Settled settled)
                foreach (var sequence in settled.Sequences)
                    records.Remove(sequence);
            if (entry.Event is not StageEvent<int>.Buffered added)
                continue;
            for (var i = 0; i < added.Records.Count; i++)
                records.Add(
                    added.FirstSequence + i,
                    new(added.Source, added.Records[i], added.FirstSequence + i, added.BufferedAt, 0, added.Bytes[i])
                );
        }
    }
}
