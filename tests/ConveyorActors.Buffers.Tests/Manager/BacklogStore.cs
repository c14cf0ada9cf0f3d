using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// A store with records from before the start, numbered from 1, whose reads a test can count, hold up and let fail.
/// </summary>
/// <param name="counts">The number of records of each source; the sources follow one another.</param>
/// <param name="bound">The bytes of records in memory; null: no bound.</param>
sealed class BacklogStore(IReadOnlyDictionary<string, int> counts, long? bound = null) : IBufferStore<int>
{
    public const string Stage = "s";

    readonly Lock gate = new();
    readonly SortedDictionary<long, StoredRecord<int>> records = [];
    readonly ManualResetEventSlim isOpen = new(true);
    int reads,
        recordsRead;

    public long? MaxInMemoryBytes => bound;

    public bool IsFailing => false;

    public bool IsBehind => false;

    /// <summary>Gets the number of reads so far.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Gets the number of records that all reads returned.</summary>
    public int RecordsRead => Volatile.Read(ref recordsRead);

    /// <summary>Gets or sets whether a read throws.</summary>
    public volatile bool Throws;

    /// <summary>Completes when a read is being held up, or has thrown.</summary>
    public TaskCompletionSource HeldUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Holds up reads from now on.</summary>
    public void HoldUp() => isOpen.Reset();

    /// <summary>Lets reads continue.</summary>
    public void LetGo() => isOpen.Set();

    public PipelineImage<int> Open(DateTimeOffset zero)
    {
        foreach (var (source, count) in counts)
            for (var i = 0; i < count; i++)
                records.Add(records.Count + 1, new(source, records.Count + 1, records.Count + 1, 0, 0, 100));
        var none = new SourceTotals(0, 0, []);
        var sources = counts.Select(c => new SourceImage(c.Key, none, c.Value, 0)).ToArray();
        return new(
            records.Count == 0 ? [] : [new(Stage, records.Count, 0, 0, sources, none, [], 0, [], [])],
            new Dictionary<string, string>(),
            new Dictionary<string, SourcePosition>()
        );
    }

    public Task CatchUpAsync() => Task.CompletedTask;

    public Task<bool> FlushAsync() => Task.FromResult(true);

    public void Append(ReadOnlySpan<StoreEntry<int>> unit)
    {
        lock (gate)
            StoredChanges.Apply(records, Array.FindAll(unit.ToArray(), entry => entry.Stage == Stage));
    }

    public IReadOnlyList<StoredRecord<int>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    )
    {
        Interlocked.Increment(ref reads);
        if (Throws || !isOpen.IsSet)
            HeldUp.TrySetResult();
        if (Throws)
            throw new IOException("the disk cannot be read");
        if (!isOpen.Wait(Within.Bound))
            throw new TimeoutException("no test has let the read go");
        reached = long.MaxValue;
        lock (gate)
        {
            StoredRecord<int>[] read =
            [
                .. wanted!
                    .SelectMany(w =>
                        records.Values.Where(r => r.Source == w.Key && r.Sequence > w.Value.After).Take(w.Value.Max)
                    )
                    .OrderBy(r => r.Sequence),
            ];
            recordsRead += read.Length;
            return read;
        }
    }
}
