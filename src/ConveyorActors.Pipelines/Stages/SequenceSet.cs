namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// A set of sequence numbers kept as ranges. A lease holds mostly one range, however many lines it has.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class SequenceSet
{
    /// <summary>A range of sequence numbers: From is included, Until is not.</summary>
    public readonly record struct Range(long From, long Until);

    /// <summary>The ranges in ascending order; no two of them touch.</summary>
    readonly List<Range> ranges = [];

    /// <summary>Gets the lowest number; null if the set is empty.</summary>
    public long? Min => ranges.Count > 0 ? ranges[0].From : null;

    /// <summary>Returns ascending numbers as ranges.</summary>
    public static List<Range> ToRanges(ReadOnlySpan<long> sequences)
    {
        List<Range> ranges = [];
        for (int at = 0, next; at < sequences.Length; at = next)
        {
            for (next = at + 1; next < sequences.Length && sequences[next] == sequences[next - 1] + 1; )
                next++;
            ranges.Add(new(sequences[at], sequences[next - 1] + 1));
        }
        return ranges;
    }

    public bool Contains(long sequence) => HasAny(new(sequence, sequence + 1));

    /// <summary>Returns whether all numbers of a range are in the set.</summary>
    public bool ContainsAll(Range range)
    {
        var place = FindFirstEndingAfter(range.From);
        return place < ranges.Count && ranges[place].From <= range.From && ranges[place].Until >= range.Until;
    }

    /// <summary>Returns whether any number of a range is in the set.</summary>
    public bool HasAny(Range range)
    {
        var place = FindFirstEndingAfter(range.From);
        return place < ranges.Count && ranges[place].From < range.Until;
    }

    public void Add(Range range)
    {
        // Ranges that touch or overlap the new range are merged with it.
        var first = FindFirstEndingAfter(range.From - 1);
        var last = first;
        for (; last < ranges.Count && ranges[last].From <= range.Until; last++)
            range = new(Math.Min(range.From, ranges[last].From), Math.Max(range.Until, ranges[last].Until));
        Replace(first, last - first, [range]);
    }

    public void Remove(Range range)
    {
        var first = FindFirstEndingAfter(range.From);
        var last = first;
        List<Range> left = [];
        for (; last < ranges.Count && ranges[last].From < range.Until; last++)
        {
            if (ranges[last].From < range.From)
                left.Add(new(ranges[last].From, range.From));
            if (ranges[last].Until > range.Until)
                left.Add(new(range.Until, ranges[last].Until));
        }
        Replace(first, last - first, left);
    }

    void Replace(int first, int count, List<Range> with)
    {
        if (count == with.Count)
        {
            for (var i = 0; i < count; i++)
                ranges[first + i] = with[i];
            return;
        }
        ranges.RemoveRange(first, count);
        ranges.InsertRange(first, with);
    }

    /// <summary>Returns the index of the first range that has a number above this one, or reaches up to it.</summary>
    int FindFirstEndingAfter(long sequence)
    {
        int low = 0,
            high = ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Until > sequence)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
