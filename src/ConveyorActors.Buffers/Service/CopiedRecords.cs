using System.Collections;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// A copy of a lease's records that keeps their common metadata once for each run of records, so that a large batch
/// costs one reference for each record.
/// </summary>
/// <remarks>Immutable. Each access creates a new <see cref="BufferedRecord{T}"/>.</remarks>
sealed class CopiedRecords<T> : IReadOnlyList<BufferedRecord<T>>
{
    /// <summary>Neighbouring records that differ only in the record itself and in consecutive sequences.</summary>
    readonly record struct CommonPart(BufferedRecord<T> First, int Start)
    {
        public BufferedRecord<T> Describe(T record, int index) =>
            First with
            {
                Record = record,
                Sequence = First.Sequence + index - Start,
            };
    }

    readonly T[] records;
    readonly CommonPart[] parts;

    public CopiedRecords(Lease<T> lease)
    {
        records = lease.Leased.Copy(lease.Count);
        parts = CreateParts(lease);
    }

    /// <summary>Initializes a copy of a list. Serializers use this constructor to recreate the collection.</summary>
    public CopiedRecords(IEnumerable<BufferedRecord<T>> list)
    {
        BufferedRecord<T>[] all = [.. list];
        records = Array.ConvertAll(all, r => r.Record);
        parts = [.. all.Select((record, index) => new CommonPart(record, index))];
    }

    /// <inheritdoc/>
    public int Count => records.Length;

    /// <summary>Gets the records without their descriptions.</summary>
    public ReadOnlyMemory<T> Bare => records;

    /// <summary>Gets the number of runs of records that have everything but the record and its sequence in common.</summary>
    public int RunCount => parts.Length;

    /// <summary>Returns the description of the first record of a run, and where the run begins and ends.</summary>
    public (BufferedRecord<T> First, int Start, int End) Run(int index)
    {
        var start = parts[index].Start;
        return (
            parts[index].Describe(records[start], start),
            start,
            index + 1 < parts.Length ? parts[index + 1].Start : records.Length
        );
    }

    /// <inheritdoc/>
    public BufferedRecord<T> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, records.Length);
            int low = 0,
                high = parts.Length - 1;
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (parts[middle].Start <= index)
                    low = middle;
                else
                    high = middle - 1;
            }
            return parts[low].Describe(records[index], index);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<BufferedRecord<T>> GetEnumerator()
    {
        for (int part = 0, index = 0; part < parts.Length; part++)
        for (var end = part + 1 < parts.Length ? parts[part + 1].Start : records.Length; index < end; index++)
            yield return parts[part].Describe(records[index], index);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    static CommonPart[] CreateParts(Lease<T> lease)
    {
        var runs = lease.Leased.Runs;
        var made = new List<CommonPart>(runs.Length);
        foreach (ref readonly var run in runs)
            if (run.Start < lease.Count)
                made.Add(new(lease[run.Start] with { Record = default! }, run.Start));
        return [.. made];
    }
}
