using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>The records that a pipeline had when it was opened, by stage and source.</summary>
/// <remarks>Not thread-safe; the store calls it under its lock.</remarks>
sealed class StoredBacklog(PipelineModel model, long zero)
{
    readonly Dictionary<(string Stage, string Source), long[]> sequences = model.GetBacklog();

    /// <summary>Returns the records of a stage that still wait, in order.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="wanted">The sequence to start after, and the most records, by source; null: all sources.</param>
    /// <param name="after">The sequence to start after, if all sources are wanted.</param>
    public List<StoredRecord<ConveyorRecord>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after
    )
    {
        var records = new List<StoredRecord<ConveyorRecord>>();
        foreach (var source in wanted?.Keys ?? sequences.Keys.Where(k => k.Stage == stage).Select(k => k.Source))
        {
            var (last, max) = wanted is null ? (after, int.MaxValue) : wanted[source];
            if (sequences.TryGetValue((stage, source), out var known))
                Add(records, stage, known, last, max);
        }
        records.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return records;
    }

    void Add(List<StoredRecord<ConveyorRecord>> records, string stage, long[] known, long after, int max)
    {
        var place = Array.BinarySearch(known, after + 1);
        for (place = place < 0 ? ~place : place; place < known.Length && max > 0; place++)
        {
            if (model.Find(stage, known[place], zero) is not { } record)
                continue;
            records.Add(record);
            max--;
        }
    }
}
