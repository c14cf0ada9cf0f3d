using ConveyorActors.Actors.Links;

namespace ConveyorActors.Actors.Service;

/// <summary>Copies and validates records that are sent to actors.</summary>
static class SentRecords
{
    /// <summary>
    /// Returns a copy of the records. The actors may still read them after a call that was cancelled or timed out, when
    /// the caller may already reuse the memory.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of the records is null.</exception>
    public static ConveyorRecord[] Copy(ReadOnlyMemory<ConveyorRecord> records)
    {
        var copy = records.ToArray();
        for (var i = 0; i < copy.Length; i++)
            if (copy[i] is null)
                throw new ArgumentNullException(nameof(records), $"records[{i}] is null; it must be a record.");
        return copy;
    }

    /// <summary>Returns the first record that exceeds the most bytes of a record; null: there is none.</summary>
    public static ConveyorRecord? FindTooLarge(ConveyorRecord[] records, int maxRecordBytes) =>
        maxRecordBytes == int.MaxValue ? null : Array.Find(records, r => !WireSize.Fits(r, maxRecordBytes));
}
