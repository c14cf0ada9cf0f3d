namespace ConveyorActors.Buffers.Stores;

/// <summary>Stores the records of one manager, so that they are kept when the process ends.</summary>
/// <remarks>
/// Safe for use by many threads. The manager passes every change to the store, in the order in which each stage
/// changes. Changes passed in one call are written as one unit: after a crash either all of them exist or none, and
/// a change is never there without all changes passed before it.
/// </remarks>
public interface IBufferStore<T>
{
    /// <summary>Opens the store and returns its content. Called once, before any other member.</summary>
    /// <param name="zero">The date that the manager's milliseconds count from.</param>
    PipelineImage<T> Open(DateTimeOffset zero);

    /// <summary>
    /// Gets about how many bytes of records the manager keeps in memory at most. Records accepted beyond that are only
    /// in the store until their turn comes, and <see cref="Read"/> returns all written records that wait. Null: all
    /// accepted records are in memory, and <see cref="Read"/> returns the records that were waiting when the store was
    /// opened.
    /// </summary>
    long? MaxInMemoryBytes => null;

    /// <summary>Reads records that wait. The records returned by a call are in order of their sequences.</summary>
    /// <param name="stage">The stage of the records.</param>
    /// <param name="wanted">
    /// For each source: the sequence after which to read, and the most records to return. Null: all sources from the
    /// first record, as many records as one read returns.
    /// </param>
    /// <param name="after">The sequence after which to begin: records up to it are skipped.</param>
    /// <param name="reached">
    /// The sequence up to which the store was searched; <see cref="long.MaxValue"/> when there is nothing more.
    /// </param>
    IReadOnlyList<StoredRecord<T>> Read(
        string stage,
        IReadOnlyDictionary<string, (long After, int Max)>? wanted,
        long after,
        out long reached
    );

    /// <summary>
    /// Adds changes that must be written as one unit. Called under the stage's lock: the method must not wait, and must
    /// not call the manager.
    /// </summary>
    void Append(ReadOnlySpan<StoreEntry<T>> unit);

    /// <summary>
    /// Waits until all changes appended before the call are on disk, and returns true; returns false if they cannot be
    /// written now. Then they are kept and the write is tried again.
    /// </summary>
    Task<bool> FlushAsync();

    /// <summary>
    /// Gets whether another process has taken over the records. This store never writes the records not written by
    /// then: an offer that waits for their write is refused.
    /// </summary>
    bool IsLost => false;

    /// <summary>
    /// Gets whether changes cannot be written, for example because the disk is full. No more records should be accepted
    /// then.
    /// </summary>
    bool IsFailing { get; }

    /// <summary>
    /// Gets whether the write queue is over its limit. Producers await <see cref="CatchUpAsync"/> before offering more.
    /// </summary>
    bool IsBehind { get; }

    /// <summary>Completes when the store is no longer behind, or is failing.</summary>
    Task CatchUpAsync();
}

/// <summary>Provides the stores of a service's pipelines.</summary>
/// <remarks>Safe for use by many threads.</remarks>
public interface IBufferStores : IAsyncDisposable
{
    /// <summary>Gets the names of the pipelines that are already stored.</summary>
    IReadOnlyList<string> Pipelines { get; }

    /// <summary>Returns the store of a pipeline, which is created on first use. Only one manager may use it.</summary>
    IBufferStore<ConveyorRecord> GetStore(string pipeline);
}
