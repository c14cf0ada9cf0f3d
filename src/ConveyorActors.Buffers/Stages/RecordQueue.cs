using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// The records of a source that wait at a stage, in order of their sequences. Common metadata are stored once for each
/// run of records.
/// </summary>
/// <remarks>
/// A record costs its own reference or value, and four more bytes where records have sizes. Not thread-safe, except for
/// <see cref="Fetch"/>.
/// </remarks>
sealed class RecordQueue<T>
{
    Ring<T> records = new();
    Ring<int> sizes = new(); // used once a record has a size
    Ring<Run> runs = new();
    bool hasSizes;

    public int Count => records.Count;

    public int Capacity => records.Capacity;

    public int RunCount => runs.Count;

    /// <summary>Gets the first record's sequence. The queue must not be empty.</summary>
    public long FirstSequence => runs[0].First;

    /// <summary>Gets when the first record was buffered. The queue must not be empty.</summary>
    public long FirstBufferedAt => runs[0].BufferedAt;

    /// <summary>Gets the record at a place. Searches for its run from the head on.</summary>
    public QueuedRecord<T> this[int index]
    {
        get
        {
            var run = RunAt(index, out var offset);
            return CreateRecord(index, runs[run], offset);
        }
    }

    /// <summary>Adds a record at the tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T record, int bytes, long sequence, long bufferedAt, int retries = 0)
    {
        records.PushBack() = record;
        if (bytes != 0 || hasSizes)
            AddSize(bytes);
        Extend(sequence, 1, bufferedAt, retries);
    }

    /// <summary>Adds records with consecutive sequences at the tail.</summary>
    /// <param name="added">The records.</param>
    /// <param name="bytes">Their sizes; empty: all are 0.</param>
    /// <param name="first">The sequence of the first record.</param>
    /// <param name="bufferedAt">The time at which the records were buffered.</param>
    public void Add(ReadOnlySpan<T> added, ReadOnlySpan<int> bytes, long first, long bufferedAt)
    {
        if (added.Length == 0)
            return;
        records.PushBack(added);
        if (hasSizes || !bytes.IsEmpty)
            AddSizes(bytes, added.Length);
        Extend(first, added.Length, bufferedAt, 0);
    }

    /// <summary>Inserts a record by its sequence, at or near the head.</summary>
    public void PutBack(in QueuedRecord<T> record)
    {
        int run = 0,
            index = 0;
        for (; run < runs.Count && runs[run].First < record.Sequence; run++)
            index += runs[run].Count;
        records.InsertAt(index, record.Record);
        if (hasSizes || record.Bytes != 0)
        {
            StartSizes(records.Count - 1);
            sizes.InsertAt(index, record.Bytes);
        }
        if (
            run < runs.Count
            && new Run(record.Sequence, record.BufferedAt, 1, record.Retries).IsContinuedBy(
                runs[run].First,
                runs[run].BufferedAt,
                runs[run].Retries
            )
        )
        {
            runs[run].First--;
            runs[run].Count++;
        }
        else if (run > 0 && runs[run - 1].IsContinuedBy(record.Sequence, record.BufferedAt, record.Retries))
            runs[run - 1].Count++;
        else
            runs.InsertAt(run, new(record.Sequence, record.BufferedAt, 1, record.Retries));
    }

    public QueuedRecord<T> PopFront()
    {
        ref var run = ref runs[0];
        var popped = new QueuedRecord<T>(
            records.PopFront(),
            run.First,
            run.BufferedAt,
            run.Retries,
            hasSizes ? sizes.PopFront() : 0
        );
        DropFirst(ref run, 1);
        return popped;
    }

    /// <summary>Moves the first records to a lease.</summary>
    public void MoveTo(LeasedRecords<T> lease, SourceQueue<T> queue, int count)
    {
        records.PopFront(lease.Add(count));
        if (hasSizes)
            sizes.PopFront(lease.AddSizes(count));
        for (var left = count; left > 0; )
        {
            ref var run = ref runs[0];
            var taken = Math.Min(left, run.Count);
            lease.AddRun(queue, run with { Count = taken });
            DropFirst(ref run, taken);
            left -= taken;
        }
    }

    /// <summary>Returns how many of the first records have a sequence up to the given one.</summary>
    public int CountUpTo(long sequence)
    {
        var count = 0;
        for (var run = 0; run < runs.Count && runs[run].First <= sequence; run++)
            count += (int)Math.Min(runs[run].Count, sequence - runs[run].First + 1);
        return count;
    }

    /// <summary>Returns the place of a sequence; -1: the queue does not contain it.</summary>
    public int IndexOf(long sequence)
    {
        var index = CountUpTo(sequence) - 1;
        return index >= 0 && this[index].Sequence == sequence ? index : -1;
    }

    public void RemoveAt(int index)
    {
        Isolate(index);
        runs.RemoveAt(RunAt(index, out _));
        records.RemoveAt(index);
        if (hasSizes)
            sizes.RemoveAt(index);
    }

    /// <summary>Adds a retry to one record.</summary>
    public void AddRetry(int index)
    {
        Isolate(index);
        runs[RunAt(index, out _)].Retries++;
    }

    /// <summary>Returns the records in order. The queue must not change meanwhile.</summary>
    public IEnumerable<QueuedRecord<T>> EnumerateRecords()
    {
        var index = 0;
        for (var run = 0; run < runs.Count; run++)
        {
            var now = runs[run];
            for (var offset = 0; offset < now.Count; offset++)
                yield return CreateRecord(index++, now, offset);
        }
    }

    /// <summary>Releases the memory if the queue is empty.</summary>
    public void Trim()
    {
        records.Trim();
        sizes.Trim();
        runs.Trim();
    }

    /// <inheritdoc cref="Ring{T}.Fetch"/>
    public int Fetch(int count) => records.Fetch(count);

    QueuedRecord<T> CreateRecord(int index, in Run run, int offset) =>
        new(records[index], run.First + offset, run.BufferedAt, run.Retries, hasSizes ? sizes[index] : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Extend(long first, int count, long bufferedAt, int retries)
    {
        if (runs.Count > 0 && runs.Last.IsContinuedBy(first, bufferedAt, retries))
            runs.Last.Count += count;
        else
            runs.PushBack() = new(first, bufferedAt, count, retries);
    }

    void DropFirst(ref Run run, int count)
    {
        run.First += count;
        run.Count -= count;
        if (run.Count == 0)
            runs.PopFront();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void AddSize(int bytes)
    {
        StartSizes(records.Count - 1);
        sizes.PushBack() = bytes;
    }

    void AddSizes(ReadOnlySpan<int> bytes, int count)
    {
        StartSizes(records.Count - count);
        if (!bytes.IsEmpty)
            sizes.PushBack(bytes);
        else
            for (var i = 0; i < count; i++)
                sizes.PushBack() = 0;
    }

    void StartSizes(int before)
    {
        if (hasSizes)
            return;
        hasSizes = true;
        for (var i = 0; i < before; i++)
            sizes.PushBack() = 0;
    }

    int RunAt(int index, out int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var run = 0;
        for (offset = index; offset >= runs[run].Count; run++)
            offset -= runs[run].Count;
        return run;
    }

    /// <summary>Splits the runs so that a record is a run of its own.</summary>
    void Isolate(int index)
    {
        var place = RunAt(index, out var offset);
        var run = runs[place];
        if (run.Count == 1)
            return;
        runs[place] = run with { First = run.First + offset, Count = 1 };
        if (offset + 1 < run.Count)
            runs.InsertAt(place + 1, run with { First = run.First + offset + 1, Count = run.Count - offset - 1 });
        if (offset > 0)
            runs.InsertAt(place, run with { Count = offset });
    }
}
