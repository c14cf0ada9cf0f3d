using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>Consecutive records of a lease that a command gets together.</summary>
readonly record struct LeasePart(int Start, int Count);

/// <summary>
/// Divides the records of a lease into parts, and holds the parts that are still to be done, the first on top.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class LeaseParts
{
    readonly Stack<LeasePart> parts = new();
    readonly ReadOnlyMemory<ConveyorRecord> lines;
    readonly long[] sequences;

    /// <summary>For each record, the bytes of it and of all records before it.</summary>
    readonly long[] bytesUntil;
    readonly HashSet<int> retried = [];

    public LeaseParts(LeasedBatch lease)
    {
        (lines, sequences, bytesUntil) = (lease.GetBareRecords(), new long[lease.Count], new long[lease.Count]);
        long bytes = 0;
        var place = 0;
        foreach (var line in lines.Span)
            bytesUntil[place++] = bytes += line.Payload.Length;
        foreach (var (first, start, count) in lease.GetRuns())
            for (var i = 0; i < count; i++)
            {
                sequences[start + i] = first.Sequence + i;
                if (first.RetryCount > 0)
                    retried.Add(start + i);
            }
    }

    public bool IsEmpty => parts.Count == 0;

    /// <summary>Gets the sequence numbers of all records of the lease.</summary>
    public long[] AllSequences => sequences;

    public void Push(LeasePart part) => parts.Push(part);

    public bool TryPop(out LeasePart part) => parts.TryPop(out part);

    /// <summary>
    /// Divides the lease into parts: no part crosses the end of a stretch, none is large, and each record that failed
    /// before is a part of its own.
    /// </summary>
    /// <param name="stretches">
    /// The number of records in each stretch, which is a series without a record of another lease between its records.
    /// </param>
    /// <param name="mostBytes">Maximum bytes of a part of more than one record.</param>
    public void SplitLease(IReadOnlyList<int> stretches, long mostBytes)
    {
        List<LeasePart> plan = [];
        var start = 0;
        foreach (var stretch in stretches)
            for (var end = start + stretch; start < end; start += plan[^1].Count)
                plan.Add(new(start, CountFrom(start, end, mostBytes)));
        for (var i = plan.Count - 1; i >= 0; i--)
            parts.Push(plan[i]);
    }

    /// <summary>
    /// Divides a part that failed. A suspected line becomes a part of its own, after the lines before it. Without a
    /// suspect the part is halved, and also if the last line is suspected, since a line before it may have produced no
    /// result.
    /// </summary>
    public void Divide(LeasePart part, int? suspect)
    {
        if (suspect is not { } place || place == part.Count - 1)
        {
            var half = part.Count / 2;
            parts.Push(new(part.Start + half, part.Count - half));
            parts.Push(new(part.Start, half));
        }
        else
            Isolate(part, place);
    }

    /// <summary>
    /// Makes the first record of a part that must be alone a part of its own. Returns false if there is no such record,
    /// or the part has only one record.
    /// </summary>
    public bool TrySplit(LeasePart part, Func<int, bool> isAlone)
    {
        if (part.Count == 1)
            return false;
        for (var at = 0; at < part.Count; at++)
        {
            if (!isAlone(part.Start + at))
                continue;
            Isolate(part, at);
            return true;
        }
        return false;
    }

    public ArraySegment<long> GetSequences(LeasePart part) => new(sequences, part.Start, part.Count);

    public ReadOnlyMemory<ConveyorRecord> GetLines(LeasePart part) => lines.Slice(part.Start, part.Count);

    /// <summary>Returns whether a part is the whole lease.</summary>
    public bool IsWhole(LeasePart part) => part.Count == lines.Length;

    public long CountBytes(LeasePart part) => bytesUntil[part.Start + part.Count - 1] - CountBytesBefore(part.Start);

    /// <summary>Removes all parts, and returns the sequence numbers of their records in order.</summary>
    public long[] TakeAll()
    {
        var rest = parts.OrderBy(part => part.Start).SelectMany(part => GetSequences(part)).ToArray();
        parts.Clear();
        return rest;
    }

    /// <summary>Makes one record of a part a part of its own, after those before it.</summary>
    void Isolate(LeasePart part, int place)
    {
        if (place + 1 < part.Count)
            parts.Push(new(part.Start + place + 1, part.Count - place - 1));
        parts.Push(new(part.Start + place, 1));
        if (place > 0)
            parts.Push(new(part.Start, place));
    }

    int CountFrom(int start, int end, long mostBytes)
    {
        var count = 1;
        if (retried.Contains(start))
            return count;
        var most = CountBytesBefore(start) + mostBytes;
        while (start + count < end && bytesUntil[start + count] <= most && !retried.Contains(start + count))
            count++;
        return count;
    }

    long CountBytesBefore(int place) => place == 0 ? 0 : bytesUntil[place - 1];
}
