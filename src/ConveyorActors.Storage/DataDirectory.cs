using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage;

/// <summary>
/// A directory in which the records of pipelines outlive the process. Give it to an EmbeddedBufferService.
/// </summary>
/// <remarks>Safe for use by many threads. One process at a time has it open.</remarks>
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

    /// <summary>Gets what was not as it should be when the directory was opened, and since.</summary>
    public IReadOnlyList<Finding> Findings => findings.All;

    /// <summary>Gets why nothing can be written at this moment; null: it can.</summary>
    public string? Failure => Writer.Failure;

    /// <inheritdoc/>
    public IReadOnlyList<string> Pipelines => reader.Pipelines;

    internal StoreModel Model { get; }

    internal DataDirectoryOptions Options { get; }

    internal StoreWriter Writer { get; }

    internal GroupReader Groups { get; }

    /// <summary>Returns whether there is a data directory at a path, be it one whose data file is missing.</summary>
    public static bool Exists(string path) =>
        File.Exists(System.IO.Path.Combine(path, DataFile.Name))
        || File.Exists(System.IO.Path.Combine(path, LastWritten.Name));

    /// <summary>
    /// Returns whether a file is, or would be, one of a data directory's own files: no other program may write to it.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="file">The file.</param>
    public static bool IsOwnFile(string path, string file) => OwnFiles.Contains(path, file);

    /// <summary>Returns those of a data directory's own files that exist.</summary>
    internal static IEnumerable<string> OwnFilesIn(string path) => OwnFiles.In(path);

    /// <summary>Returns the path of the file for what a pipeline is about to write to its sink.</summary>
    internal static string SinkFile(string path, string pipeline) => OwnFiles.OfSink(path, pipeline);

    /// <summary>
    /// Syncs the directory of a file that was created just now: until then a power cut loses the file.
    /// </summary>
    internal static void SyncDirectoryOf(string file) => DirectorySync.Of(System.IO.Path.GetDirectoryName(file)!);

    /// <summary>Opens a data directory; creates it where there is none.</summary>
    /// <param name="path">The path of the directory.</param>
    /// <param name="options">How the records are kept; null: the defaults.</param>
    /// <exception cref="StorageException">
    /// The directory cannot be used; the message says why, and what would help. Nothing in it was changed.
    /// </exception>
    public static DataDirectory Open(string path, DataDirectoryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DirectoryOpener.Open(path, options ?? new(), opened => new(opened));
    }

    /// <inheritdoc/>
    public IBufferStore<ConveyorRecord> Store(string pipeline)
    {
        lock (stores)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return stores.TryGetValue(pipeline, out var known) ? known : stores[pipeline] = new(this, pipeline);
        }
    }

    /// <summary>
    /// Completes when everything that was accepted before the call is written to the file, though it may not be synced
    /// yet; or cannot be written now.
    /// </summary>
    public Task WrittenAsync() => Writer.WrittenAsync();

    /// <summary>Returns what is in the directory. For a directory that no service uses.</summary>
    public DirectoryContents Contents() => reader.Contents();

    /// <summary>
    /// Returns records of a stage in order of sequence, and after them the results that wait for room in it. For a
    /// directory that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Peek(string pipeline, string stage, int max) =>
        reader.Peek(pipeline, stage, max);

    /// <summary>Returns a stage's dead letters, oldest first. For a directory that no service uses.</summary>
    public IReadOnlyList<DeadLetter<ConveyorRecord>> GetDeadLetters(string pipeline, string stage) =>
        reader.GetDeadLetters(pipeline, stage);

    /// <summary>
    /// Returns the value of a checkpoint; null: there is none. For a directory that no service uses.
    /// </summary>
    public string? GetCheckpoint(string pipeline, string key) => reader.GetCheckpoint(pipeline, key);

    /// <summary>
    /// Sets a checkpoint; it is on disk when this completes. For a directory that no service uses.
    /// </summary>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public Task SetCheckpointAsync(string pipeline, Checkpoint note) => editor.SetCheckpointAsync(pipeline, note);

    /// <summary>
    /// Enumerates the payloads of the records that <see cref="DrainAsync"/> would take out, in that order, reading them
    /// as they are asked for. For a directory that no service uses.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> Payloads(string pipeline, string stage) =>
        reader.Walk(pipeline, stage).Select(w => w.Stored.Record.Payload);

    /// <summary>
    /// Takes all records out of a stage, in order, and after them the results that wait for room in it. Records are
    /// settled once the consumer has taken them for good. For a directory that no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="take">
    /// Gets some records at a time, and whether they are the last; when it returns they must be where they are going,
    /// for good. The checkpoint that it returns is stored with their settling: after a crash both are there or neither.
    /// </param>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public Task<long> DrainAsync(
        string pipeline,
        string stage,
        Func<IReadOnlyList<ConveyorRecord>, bool, Checkpoint?> take
    ) => editor.DrainAsync(pipeline, stage, take);

    /// <summary>
    /// Puts all dead letters of a stage back at the end of their queues, with no retries counted. For a directory that
    /// no service uses.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public Task<int> ReplayDeadLettersAsync(string pipeline, string stage, DateTimeOffset now) =>
        editor.ReplayDeadLettersAsync(pipeline, stage, now);

    /// <summary>Discards all dead letters of a stage. For a directory that no service uses.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public Task<int> PurgeDeadLettersAsync(string pipeline, string stage) =>
        editor.PurgeDeadLettersAsync(pipeline, stage);

    /// <summary>
    /// Lets the directory be removed when it is disposed, if opening has created it. A directory that was there before
    /// stays as it is.
    /// </summary>
    internal void RemoveIfMade() => isToRemove = created.Any;

    /// <summary>Writes what is left and releases the directory.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    /// <summary>Writes what is left and releases the directory.</summary>
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
