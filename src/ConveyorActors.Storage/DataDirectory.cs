using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage;

/// <summary>
/// A directory that stores the records of pipelines beyond the life of the process. Pass it to an
/// EmbeddedBufferService.
/// </summary>
/// <remarks>Safe for use by many threads. Only one process at a time can have it open.</remarks>
public sealed class DataDirectory : IBufferStores, IDisposable
{
    internal readonly Lock fileGate = new();

    readonly CreatedFolders created;
    readonly DirectoryLock @lock;
    readonly DataFile file;
    readonly LastWritten last;
    readonly WalPreallocation space;
    readonly FindingList findings;
    readonly DirectoryReader reader;
    readonly DirectoryEditor editor;
    readonly Dictionary<string, PipelineStore> stores = new(StringComparer.Ordinal);
    bool isDisposed,
        isToRemove;

    DataDirectory(OpenedDirectory opened)
    {
        (Path, Options, Model) = (opened.Path, opened.Options, opened.Model);
        (created, @lock, file) = (opened.Created, opened.Lock, opened.File);
        findings = new(opened.Findings);
        var bytesAhead = Options.KeepsLogAhead ? Options.CheckpointBytes : 0;
        space = new(System.IO.Path.Combine(Path, DataFile.Name), bytesAhead);
        Groups = new(file, fileGate, findings);
        last = LastWritten.Open(Path);
        last.Write(Model.Transaction, opened.Synced);
        Writer = new(file, Model, last, space, opened.Synced, fileGate);
        reader = new(this);
        editor = new(this, reader);
    }

    /// <summary>Gets the full path of the directory.</summary>
    public string Path { get; }

    /// <summary>Gets the findings of opening the directory and since.</summary>
    public IReadOnlyList<Finding> Findings => findings.All;

    /// <summary>Gets why nothing can be written at the moment; null: writing is possible.</summary>
    public string? Failure => Writer.Failure;

    /// <inheritdoc/>
    public IReadOnlyList<string> Pipelines => reader.Pipelines;

    internal StoreModel Model { get; }

    internal DataDirectoryOptions Options { get; }

    internal StoreWriter Writer { get; }

    internal GroupReader Groups { get; }

    /// <summary>Returns whether there is a data directory at a path, even one whose data file is missing.</summary>
    public static bool Exists(string path) =>
        File.Exists(System.IO.Path.Combine(path, DataFile.Name))
        || File.Exists(System.IO.Path.Combine(path, LastWritten.Name));

    /// <summary>
    /// Returns whether a file is, or would be, one of a data directory's own files, which no other program may write
    /// to.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="file">The file.</param>
    public static bool IsOwnFile(string path, string file) => OwnFiles.Contains(path, file);

    /// <summary>Returns the data directory's own files that exist.</summary>
    internal static IEnumerable<string> FindOwnFiles(string path) => OwnFiles.Find(path);

    /// <summary>
    /// Returns the path of the file that holds the plan of a pipeline's next write to its sink.
    /// </summary>
    internal static string GetSinkFile(string path, string pipeline) => OwnFiles.GetSinkFile(path, pipeline);

    /// <summary>
    /// Syncs the directory of a file that has just been created. Until then a power failure loses the file.
    /// </summary>
    internal static void SyncParentDirectory(string file) => DirectorySync.Sync(System.IO.Path.GetDirectoryName(file)!);

    /// <summary>Opens a data directory; creates it if it does not exist.</summary>
    /// <param name="path">The path of the directory.</param>
    /// <param name="options">The options of the directory; null: the defaults.</param>
    /// <exception cref="StorageException">
    /// The directory cannot be used; the message states the reason and the remedy. Nothing in it was changed.
    /// </exception>
    public static DataDirectory Open(string path, DataDirectoryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DirectoryOpener.Open(path, options ?? new(), opened => new(opened));
    }

    /// <inheritdoc/>
    public IBufferStore<ConveyorRecord> GetStore(string pipeline)
    {
        lock (stores)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return stores.TryGetValue(pipeline, out var known) ? known : stores[pipeline] = new(this, pipeline);
        }
    }

    /// <summary>
    /// Returns a task that completes when everything that was accepted before the call is written to the file, though
    /// perhaps not synced yet, or cannot be written now.
    /// </summary>
    public Task WaitForWritesAsync() => Writer.WaitForWritesAsync();

    /// <summary>Returns the contents of the directory. Only for a directory that no service uses.</summary>
    public DirectoryContents ReadContents() => reader.ReadContents();

    /// <summary>
    /// Returns records of a stage in order of sequence, and after them the results that wait for room in it. Only for a
    /// directory that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="max">The most records to return.</param>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Peek(string pipeline, string stage, int max) =>
        reader.Peek(pipeline, stage, max);

    /// <summary>Returns a stage's dead letters, oldest first. Only for a directory that no service uses.</summary>
    public IReadOnlyList<DeadLetter<ConveyorRecord>> GetDeadLetters(string pipeline, string stage) =>
        reader.GetDeadLetters(pipeline, stage);

    /// <summary>
    /// Returns the value of a checkpoint; null: there is none. Only for a directory that no service uses.
    /// </summary>
    public string? GetCheckpoint(string pipeline, string key) => reader.GetCheckpoint(pipeline, key);

    /// <summary>
    /// Sets a checkpoint. The returned task completes when it is on disk. Only for a directory that no service uses.
    /// </summary>
    /// <exception cref="StorageException">The checkpoint cannot be written.</exception>
    public Task SetCheckpointAsync(string pipeline, Checkpoint checkpoint) =>
        editor.SetCheckpointAsync(pipeline, checkpoint);

    /// <summary>
    /// Enumerates the payloads of the records that <see cref="DrainAsync"/> would remove, in the same order, and reads
    /// them as they are requested. Only for a directory that no service uses.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> ReadPayloads(string pipeline, string stage) =>
        reader.Walk(pipeline, stage).Select(w => w.Stored.Record.Payload);

    /// <summary>
    /// Removes all records from a stage, in order, and after them the results that wait for room in it. Records are
    /// settled once the consumer has stored them durably. Only for a directory that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="take">
    /// Receives a number of records at a time, and whether they are the last ones; when it returns, they must be stored
    /// durably at their destination. The checkpoint that it returns is stored together with the settlement of the
    /// records: after a crash either both are in effect or neither.
    /// </param>
    /// <returns>The number of records removed.</returns>
    /// <exception cref="StorageException">The settlement cannot be written.</exception>
    public Task<long> DrainAsync(
        string pipeline,
        string stage,
        Func<IReadOnlyList<ConveyorRecord>, bool, Checkpoint?> take
    ) => editor.DrainAsync(pipeline, stage, take);

    /// <summary>
    /// Returns all dead letters of a stage to the ends of their queues, with no retries counted. Only for a directory
    /// that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The number of dead letters.</returns>
    /// <exception cref="StorageException">The change cannot be written.</exception>
    public Task<int> ReplayDeadLettersAsync(string pipeline, string stage, DateTimeOffset now) =>
        editor.ReplayDeadLettersAsync(pipeline, stage, now);

    /// <summary>Discards all dead letters of a stage. Only for a directory that no service uses.</summary>
    /// <returns>The number of dead letters.</returns>
    /// <exception cref="StorageException">The change cannot be written.</exception>
    public Task<int> PurgeDeadLettersAsync(string pipeline, string stage) =>
        editor.PurgeDeadLettersAsync(pipeline, stage);

    /// <summary>
    /// Requests that the directory be removed when it is disposed, if opening has created it. A directory that existed
    /// before stays as it is.
    /// </summary>
    internal void RemoveIfMade() => isToRemove = created.Any;

    /// <summary>Writes all outstanding changes and releases the directory.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    /// <summary>Writes all outstanding changes and releases the directory.</summary>
    public void Dispose()
    {
        lock (stores)
        {
            if (isDisposed)
                return;
            isDisposed = true;
        }
        Writer.Dispose();
        last.Dispose();
        space.Dispose();
        file.Dispose();
        if (isToRemove)
            created.Remove();
        @lock.Dispose();
    }
}
