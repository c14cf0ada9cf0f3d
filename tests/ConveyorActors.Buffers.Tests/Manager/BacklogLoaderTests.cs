using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Records that are only in the store, with a store that loses some and that cannot be written for a while.
/// </summary>
public sealed class BacklogLoaderTests
{
    const string Stage = "s",
        Source = "a";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(new long[] { 150 })]
    [InlineData(new long[] { 11, 12, 13, 500, 1_000 })]
    [InlineData(new long[] { 999, 1_000 })]
    public async Task Records_lost_by_the_store_are_counted_as_damaged_and_the_others_stay_in_order(long[] damaged)
    {
        var store = new LossyStore(bound: 2_280, damaged); // ten records of 100 bytes: each counts 128 bytes more
        await using var manager = new BufferManager<int>(Roomy, new() { Store = store, SizeOf = static _ => 100 });
        foreach (var first in Enumerable.Range(0, 20))
            manager.BufferBatchForStage(Stage, Source, [.. Enumerable.Range(first * 50 + 1, 50)]);

        var seen = new List<int>();
        while (manager.GetSnapshot().Total.Pending > 0)
        {
            var lease = manager.GetBatch(Stage, 100);
            seen.AddRange(RecordsOf(lease));
            manager.Complete(lease);
            if (lease.Count == 0)
                await Task.Delay(1);
        }

        // Those of the first offer that are in memory are read from there.
        var inMemory = store.FirstRead;
        Assert.Equal(Enumerable.Range(1, 1_000).Where(n => n <= inMemory || !damaged.Contains(n)), seen);
        var total = manager.GetSnapshot().Total;
        Assert.Equal(0, total.PendingBytes);
        Assert.True(total.RecordsAreConserved && total.RoomIsConserved, total.ToString());
        Assert.Equal(
            damaged.Count(d => d > inMemory),
            manager.GetSnapshot().Losses.Where(l => l.Reason == LossReason.Damaged).Sum(l => l.Count)
        );
    }

    [Fact]
    public async Task Unwritten_records_are_read_once_they_are_written()
    {
        var store = new LossyStore(bound: 0, []);
        await using var manager = new BufferManager<int>(Roomy, new() { Store = store, SizeOf = static _ => 100 });
        foreach (var number in Enumerable.Range(1, 10))
            manager.BufferForStage(Stage, Source, number);
        store.IsFailing = true;

        var lease = manager.GetBatch(Stage, 100);
        Assert.Equal([1], RecordsOf(lease));
        manager.Complete(lease);
        var waiting = manager.GetBatchAsync(Stage, 100).AsTask();
        await store.RefusedFlush.WaitAsync(Patience);
        Assert.False(waiting.IsCompleted);
        store.IsFailing = false;

        Assert.Equal(Enumerable.Range(2, 9), RecordsOf(await waiting.WaitAsync(Patience)));
    }

    static IEnumerable<int> RecordsOf(Lease<int> lease) =>
        Enumerable.Range(0, lease.Count).Select(i => lease[i].Record);

    static BufferSettings Roomy =>
        new()
        {
            MaxTotalRecords = 10_000,
            MaxPerStage = 10_000,
            MaxPerSource = 10_000,
        };

    /// <summary>Records by their sequences. Those that are damaged are never read.</summary>
    sealed class LossyStore(long bound, long[] damaged) : IBufferStore<int>
    {
        readonly Lock gate = new();
        readonly SortedDictionary<long, StoredRecord<int>> records = [];
        readonly TaskCompletionSource refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
        volatile bool isFailing;

        public long? MaxInMemoryBytes => bound;

        public bool IsFailing
        {
            get => isFailing;
            set => isFailing = value;
        }

        public bool IsBehind => false;

        /// <summary>After which sequence the first read began.</summary>
        public long FirstRead { get; private set; } = -1;

        public Task RefusedFlush => refused.Task;

        public PipelineImage<int> Open(DateTimeOffset zero) =>
            new([], new Dictionary<string, string>(), new Dictionary<string, SourcePosition>());

        public Task CatchUpAsync() => Task.CompletedTask;

        public Task<bool> FlushAsync()
        {
            if (isFailing)
                refused.TrySetResult();
            return Task.FromResult(!isFailing);
        }

        public void Append(ReadOnlySpan<StoreEntry<int>> unit)
        {
            lock (gate)
                StoredChanges.Apply(records, unit);
        }

        public IReadOnlyList<StoredRecord<int>> Read(
            string stage,
            IReadOnlyDictionary<string, (long After, int Max)>? wanted,
            long after,
            out long reached
        )
        {
            lock (gate)
            {
                if (FirstRead < 0)
                    FirstRead = after;
                // In parts, as a store with rows of many records does.
                var read = records.Values.Where(r => r.Sequence > after).Take(70).ToArray();
                reached = read.Length < 70 ? long.MaxValue : read[^1].Sequence;
                return
                [
                    .. read.Where(r => !damaged.Contains(r.Sequence) && r.Sequence > wanted![r.Source].After)
                        .Take(wanted![Source].Max),
                ];
            }
        }
    }
}
