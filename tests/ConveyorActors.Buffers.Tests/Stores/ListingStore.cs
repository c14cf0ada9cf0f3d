using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Stores;

/// <summary>A store without stored records that lists what it is given.</summary>
class ListingStore : IBufferStore<int>
{
    public List<StoreEntry<int>[]> Units { get; } = [];

    public IEnumerable<StageEvent<int>> Events => Units.SelectMany(unit => unit).Select(entry => entry.Event);

    public bool IsFailing { get; set; }

    public bool IsBehind { get; set; }

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

    public void Append(ReadOnlySpan<StoreEntry<int>> unit) => Units.Add(unit.ToArray());

    public Task<bool> FlushAsync() => Task.FromResult(!IsFailing);

    public virtual Task CatchUpAsync() => Task.CompletedTask;
}
