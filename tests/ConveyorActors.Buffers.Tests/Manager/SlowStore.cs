using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>A store that is behind until a test lets it catch up, and only lists what it is given.</summary>
sealed class SlowStore : IBufferStore<int>
{
    readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SemaphoreSlim asked = new(0);

    public List<StageEvent<int>> Events { get; } = [];

    public bool IsFailing => false;

    public bool IsBehind { get; set; }

    public void CatchUp()
    {
        IsBehind = false;
        caughtUp.SetResult();
    }

    /// <summary>Completes when a number of offers wait for the store.</summary>
    public async Task Asked(int times)
    {
        for (var i = 0; i < times; i++)
            await asked.WaitAsync();
    }

    public Task CatchUpAsync()
    {
        asked.Release();
        return caughtUp.Task;
    }

    public PipelineImage<int> Open(DateTimeOffset zero) =>
        new([], new Dictionary<string, string>(), new Dictionary<string, SourcePosition>());

    public IReadOnlyList<StoredRecord<int>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    )
    {
        reached = long.MaxValue;
        return [];
    }

    public void Append(ReadOnlySpan<StoreEntry<int>> unit) => Events.AddRange(unit.ToArray().Select(e => e.Event));

    public Task<bool> FlushAsync() => Task.FromResult(true);
}
