namespace ConveyorActors.Buffers.Stores;

/// <summary>Where one manager's records are kept beyond the life of its process.</summary>
/// <remarks>
/// Safe for use by many threads. A store is told of every change in the order of each stage's changes; what it is told
/// at once it writes at once: after a crash all of it is there or none, and with any change everything that was told
/// before it.
/// </remarks>
public interface IBufferStore<T>
{
    /// <summary>What is there from before. Called once, before anything else.</summary>
    /// <param name="zero">The date that the manager's milliseconds count from.</param>
    PipelineImage<T> Open(DateTimeOffset zero);

    /// <summary>
    /// Gets how many bytes of records the manager has in memory at most, about: what comes in beyond that is only in
    /// the store until its turn comes, and <see cref="Read"/> returns everything that waits and was written. Null:
    /// everything that comes in is in memory, and <see cref="Read"/> returns what was waiting when the store was
    /// opened.
    /// </summary>
    long? MaxInMemoryBytes => null;

    /// <summary>Reads records that wait. Each answer's records are in order of sequence.</summary>
    /// <param name="stage">Their stage.</param>
    /// <param name="wanted">
    /// For each source: after which sequence, and how many at most. Null: all sources from the first, as many as are
    /// read at once.
    /// </param>
    /// <param name="after">Where to begin: nothing up to this sequence is looked at.</param>
    /// <param name="reached">
    /// Up to which sequence was looked; where it is <see cref="long.MaxValue"/> there is nothing more.
    /// </param>
    IReadOnlyList<StoredRecord<T>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    );

    /// <summary>
    /// Takes note of changes that belong together. Called under the stage's lock: it must not wait, and must not call
    /// the manager.
    /// </summary>
    void Append(ReadOnlySpan<StoreEntry<T>> unit);

    /// <summary>
    /// Completes when everything appended before the call is on disk: true; or false, when it cannot be written now. It
    /// is kept and tried again.
    /// </summary>
    Task<bool> FlushAsync();

    /// <summary>
    /// Gets whether another process has taken the records over. Records not written by then are never written here: an
    /// offer that waits for its write is refused.
    /// </summary>
    bool IsLost => false;

    /// <summary>True while changes cannot be written: the disk is full, say. Nothing more should be accepted.</summary>
    bool IsFailing { get; }

    /// <summary>
    /// True when more is waiting to be written than should be: whoever offers should wait for
    /// <see cref="CatchUpAsync"/>.
    /// </summary>
    bool IsBehind { get; }

    /// <summary>Completes when the store is no longer behind, or is failing.</summary>
    Task CatchUpAsync();
}

/// <summary>The stores of a service's pipelines.</summary>
/// <remarks>Safe for use by many threads.</remarks>
public interface IBufferStores : IAsyncDisposable
{
    /// <summary>The pipelines that are there from before.</summary>
    IReadOnlyList<string> Pipelines { get; }

    /// <summary>The store of a pipeline; made on first use. For one manager.</summary>
    IBufferStore<ConveyorRecord> Store(string pipeline);
}
