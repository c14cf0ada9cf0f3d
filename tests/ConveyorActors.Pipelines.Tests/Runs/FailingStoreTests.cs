using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>Runs whose buffers cannot be written to disk, for a while or for good.</summary>
public sealed class FailingStoreTests : RunTests
{
    [Fact]
    public async Task A_run_ends_with_the_reason_where_nothing_can_be_written_to_disk_any_more()
    {
        var store = new Store(failsAfter: 3);
        await using var buffers = new EmbeddedBufferService(null, store);

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5_000))], Stage("cat")));

        Assert.Equal((RunOutcome.Failed, "nothing can be written to the data directory any more", false), (report.Outcome, report.Error, report.IsKept));
        Assert.InRange(report.Progress.LinesRead, 1, 4_999);
    }

    [Fact]
    public async Task A_disk_that_can_be_written_again_in_time_costs_nothing_but_that_time()
    {
        var store = new Store(failsAfter: 3);
        await using var buffers = new EmbeddedBufferService(null, store);
        store.Failed += async () =>
        {
            await Task.Delay(500);
            store.Mend();
        };

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5_000))], Stage("cat")));

        AssertAllSettled(report);
        Assert.True(report.IsKept);
        Assert.Equal(Numbers(5_000), Written());
    }

    [Fact]
    public async Task What_was_done_and_could_not_be_written_at_the_end_is_told()
    {
        var store = new Store(failsAfter: int.MaxValue) { FailsAtEnd = true };
        await using var buffers = new EmbeddedBufferService(null, store);

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5))], Stage("cat")));

        Assert.Equal((RunOutcome.Failed, "what was done last cannot be written to the data directory", false), (report.Outcome, report.Error, report.IsKept));
    }

    [Fact]
    public async Task A_run_does_not_touch_its_sink_before_that_is_noted_on_disk()
    {
        await File.WriteAllTextAsync(Sink, "before");
        await using var buffers = new EmbeddedBufferService(null, new Store(failsAfter: 0));

        var error = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(buffers, Definition([Source("a", ["x"])], Stage("cat"))));

        Assert.Equal("nothing can be written to the data directory, and so nothing that the run does could be kept", error.Message);
        Assert.Equal("before", await File.ReadAllTextAsync(Sink));
    }

    /// <summary>A store that forgets everything and fails once records have come so often.</summary>
    sealed class Store(int failsAfter) : IBufferStore<Record>, IBufferStores
    {
        int appended;
        bool isMended;

        public event Action? Failed;

        public bool FailsAtEnd { get; init; }

        public bool IsFailing { get; private set; } = failsAfter == 0;

        public bool IsBehind => false;

        public IReadOnlyList<string> Pipelines => [];

        public void Mend() => (isMended, IsFailing) = (true, false);

        public void Append(ReadOnlySpan<StoreEntry<Record>> unit)
        {
            foreach (var entry in unit)
            {
                if (FailsAtEnd && entry.Event is StageEvent<Record>.Noted { Note.Value: var value } && value.Contains(" closed ", StringComparison.Ordinal)) IsFailing = true;
                if (entry.Event is not StageEvent<Record>.Buffered || Interlocked.Increment(ref appended) != failsAfter || isMended) continue;
                IsFailing = true;
                Failed?.Invoke();
            }
        }

        public Task<bool> FlushAsync() => Task.FromResult(!IsFailing);

        public Task CatchUpAsync() => Task.CompletedTask;

        public PipelineImage<Record> Open(DateTimeOffset zero) => new([], new Dictionary<string, string>(), new Dictionary<string, SourcePosition>());

        public IReadOnlyList<StoredRecord<Record>> Read(string stage, IReadOnlyDictionary<string, (long After, int Max)>? wanted, long after, out long reached)
        {
            reached = long.MaxValue;
            return [];
        }

        IBufferStore<Record> IBufferStores.Store(string pipeline) => this;

        public ValueTask DisposeAsync() => default;
    }
}
