using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Stages;

/// <summary>A run of records in a lease: their queue, and the place of the first.</summary>
struct LeasedRun<T>
{
    public SourceQueue<T> Queue;
    public Run Run;
    public int Start;

    public readonly int End => Start + Run.Count;
}

/// <summary>
/// The records of one lease, with their common metadata stored once for each run. Reused for later leases.
/// </summary>
/// <remarks>Changed under the stage's lock only; the records and runs do not change while the lease is open.</remarks>
sealed class LeasedRecords<T>
{
    const int Step = 32;

    readonly T[] records;
    int[]? sizes; // used once a record has a size
    bool[]? settled; // used once a record is settled before the others
    LeasedRun<T>[] runs = new LeasedRun<T>[4];
    int count;
    int runCount;
    bool hasSizes;

    public LeasedRecords(int capacity) => records = new T[(capacity + Step - 1) / Step * Step];

    public int Capacity => records.Length;

    /// <summary>Gets whether some of the records were settled before the others.</summary>
    public bool HasSettled { get; private set; }

    public ReadOnlySpan<LeasedRun<T>> Runs => runs.AsSpan(0, runCount);

    public T this[int index] => records[index];

    /// <summary>Returns a copy of the first records.</summary>
    public T[] Copy(int most) => records[..most];

    /// <summary>Returns the run that contains the record at a place.</summary>
    public ref readonly LeasedRun<T> FindRun(int index)
    {
        int low = 0,
            high = runCount - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (runs[middle].Start <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return ref runs[low];
    }

    public long GetSequence(int index)
    {
        ref readonly var run = ref FindRun(index);
        return run.Run.First + index - run.Start;
    }

    public int GetBytes(int index) => hasSizes ? sizes![index] : 0;

    public long SumBytes(in LeasedRun<T> run)
    {
        long bytes = 0;
        if (hasSizes)
            foreach (var size in sizes!.AsSpan(run.Start, run.Run.Count))
                bytes += size;
        return bytes;
    }

    public bool IsSettled(int index) => HasSettled && settled![index];

    public void Settle(int index)
    {
        settled ??= new bool[records.Length]; // all false, as after Clear
        settled[index] = HasSettled = true;
    }

    /// <summary>Returns the place of the unsettled record with a sequence; -1: there is none.</summary>
    public int FindOpen(long sequence)
    {
        foreach (ref readonly var run in Runs)
        {
            var offset = sequence - run.Run.First;
            if (offset >= 0 && offset < run.Run.Count && !IsSettled(run.Start + (int)offset))
                return run.Start + (int)offset;
        }
        return -1;
    }

    public bool HasOpen(in LeasedRun<T> run) => HasOpen(run, WantedSequences.All);

    /// <summary>
    /// Returns the queue of the unsettled records among the given ones; null when they are from several queues, or
    /// there are none.
    /// </summary>
    /// <param name="sequences">The sequences of the records; null: all.</param>
    /// <param name="isMixed">Whether the records are from several queues.</param>
    public SourceQueue<T>? FindOnlyQueue(IReadOnlyList<long>? sequences, out bool isMixed)
    {
        isMixed = false;
        SourceQueue<T>? queue = null;
        var wanted = WantedSequences.From(sequences);
        foreach (ref readonly var run in Runs)
        {
            if (!HasOpen(run, wanted))
                continue;
            if (queue is not null && !ReferenceEquals(queue, run.Queue))
                isMixed = true;
            queue = run.Queue;
        }
        return isMixed ? null : queue;
    }

    bool HasOpen(in LeasedRun<T> run, in WantedSequences wanted)
    {
        for (var i = 0; i < run.Run.Count; i++)
            if (!IsSettled(run.Start + i) && wanted.Contains(run.Run.First + i))
                return true;
        return false;
    }

    /// <summary>Makes room for more records, for the caller to fill in.</summary>
    public Span<T> Add(int more)
    {
        count += more;
        return records.AsSpan(count - more, more);
    }

    /// <summary>Makes room for the sizes of the records that were added last, for the caller to fill in.</summary>
    public Span<int> AddSizes(int more)
    {
        sizes ??= new int[records.Length]; // all 0, as after Clear
        hasSizes = true;
        return sizes.AsSpan(count - more, more);
    }

    /// <summary>Adds the metadata of the records that were added last.</summary>
    public void AddRun(SourceQueue<T> queue, in Run run)
    {
        if (runCount > 0)
        {
            ref var last = ref runs[runCount - 1];
            // A queue's records are added in portions; a portion that continues the previous one belongs to the same
            // run.
            if (ReferenceEquals(last.Queue, queue) && last.Run.IsContinuedBy(run.First, run.BufferedAt, run.Retries))
            {
                last.Run.Count += run.Count;
                return;
            }
        }
        if (runCount == runs.Length)
            Array.Resize(ref runs, 2 * runs.Length);
        ref var added = ref runs[runCount];
        added.Start = runCount == 0 ? 0 : runs[runCount - 1].End;
        added.Queue = queue;
        added.Run = run;
        runCount++;
    }

    /// <summary>Removes all records, so that the memory can be used for another lease.</summary>
    public void Clear()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            Array.Clear(records, 0, count);
        if (HasSettled)
            Array.Clear(settled!, 0, count);
        if (hasSizes)
            Array.Clear(sizes!, 0, count);
        Array.Clear(runs, 0, runCount);
        count = runCount = 0;
        HasSettled = hasSizes = false;
    }
}
