using ConveyorActors.Buffers.Stores;
using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage;

/// <summary>
/// A directory in which the records of pipelines outlive the process. Give it to an EmbeddedBufferService.
/// </summary>
/// <remarks>Safe for use by many threads. One process at a time has it open.</remarks>
public sealed partial class DataDirectory : IBufferStores, IDisposable
{
    readonly DirectoryLock @lock;
    readonly DataFile file;
    readonly LastWritten last;
    readonly WalPreallocation space;
    readonly Statement readGroup;
    internal readonly Lock fileGate = new();
    readonly Dictionary<string, PipelineStore> stores = new(StringComparer.Ordinal);
    readonly List<Finding> findings;
    IReadOnlyList<string> made = [];
    bool isDisposed,
        isToRemove;

    DataDirectory(
        string path,
        DirectoryLock @lock,
        DataFile file,
        WalPreallocation space,
        StoreModel model,
        long synced,
        List<Finding> findings
    )
    {
        (Path, this.@lock, this.file, this.space, Model, this.findings) = (path, @lock, file, space, model, findings);
        readGroup = file.Keep("SELECT sum, data FROM grp WHERE id=?");
        last = LastWritten.Open(path);
        last.Write(model.Transaction, synced);
        Writer = new(file, model, last, space, synced, fileGate);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What was not as it should be when it was opened, and since.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            lock (findings)
                return [.. findings];
        }
    }

    /// <summary>Why nothing can be written at this moment; null: it can.</summary>
    public string? Failure => Writer.Failure;

    /// <inheritdoc/>
    public IReadOnlyList<string> Pipelines
    {
        get
        {
            lock (Model.Gate)
                return
                [
                    .. Model
                        .Queues.Values.Select(q => q.Pipeline)
                        .Concat(Model.Notes.Select(n => n.Pipeline))
                        .Distinct(StringComparer.Ordinal)
                        .Order(StringComparer.Ordinal),
                ];
        }
    }

    internal StoreModel Model { get; }

    internal DataDirectoryOptions Options { get; private init; } = new();

    internal StoreWriter Writer { get; }

    /// <summary>True when there is a data directory at a path, be it one whose data file is missing.</summary>
    public static bool Exists(string path) =>
        File.Exists(System.IO.Path.Combine(path, DataFile.Name))
        || File.Exists(System.IO.Path.Combine(path, LastWritten.Name));

    /// <summary>Opens a data directory; makes it when it is not there.</summary>
    /// <exception cref="StorageException">
    /// It cannot be used; the message says why, and what would help. Nothing in it was changed.
    /// </exception>
    /// <param name="path">Where.</param>
    /// <param name="options">How it is kept; null: as usual.</param>
    public static DataDirectory Open(string path, DataDirectoryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        var missing = Missing(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{path}' cannot be made: {Reasons.Of(e)}",
                e
            );
        }
        var taken = DirectoryLock.Take(path);
        DataFile? file = null;
        try
        {
            Replacement.Finish(path);
            var said = LastWritten.Read(path, out var isNew);
            CheckLength(path, said is not null && said.Value.Transaction > 0);
            file = DataFile.Open(System.IO.Path.Combine(path, DataFile.Name), options);
            if (file.SaysReadOnly)
                throw Opening.Damaged(path, DataFile.ReadOnlyHeader);
            if (!file.HasTables)
            {
                if (said is { Transaction: > 0 })
                    throw Opening.Damaged(path, "the data file is empty, and it was not");
                // Which of them a process made that was then killed is not known. A file with tables is in directories
                // that are on the disk.
                for (
                    var parent = System.IO.Path.GetDirectoryName(path);
                    parent is not null;
                    parent = System.IO.Path.GetDirectoryName(parent)
                )
                    options.SyncDirectory(parent);
                file.MakeTables();
            }
            var opening = new Opening(path, file);
            var model = opening.Read();
            file.CheckWritable();
            // SQLite does it for a log that it has made itself, but not for one that it finds: a process that was
            // killed may have made it a moment before.
            options.SyncDirectory(path);
            List<Finding> findings = [.. opening.Findings];
            CompareLast(findings, model, said, isNew);
            // A process that was killed may have left transactions that it never synced; that they can be read does not
            // make them safe.
            return new(
                path,
                taken,
                file,
                new(System.IO.Path.Combine(path, DataFile.Name), options.KeepsLogAhead ? options.CheckpointBytes : 0),
                model,
                said?.Synced ?? 0,
                findings
            )
            {
                made = missing,
                Options = options,
            };
        }
        catch (Exception e)
        {
            file?.Dispose();
            taken.Dispose();
            if (e is SqliteException broken)
                throw Reasons.IsDamage(broken)
                    ? Opening.Damaged(path, Reasons.Of(broken))
                    : new StorageException(
                        StorageFailure.CannotOpen,
                        $"data directory '{path}' cannot be opened: {Reasons.Of(broken)}",
                        broken
                    );
            if (e is IOException or UnauthorizedAccessException)
                throw new StorageException(
                    StorageFailure.CannotOpen,
                    $"data directory '{path}' cannot be opened: {Reasons.Of(e)}",
                    e
                );
            throw;
        }
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

    /// <summary>
    /// The bytes of a group's records; null when they cannot be read, which is found then, or are gone.
    /// </summary>
    internal byte[]? ReadGroup(Group group)
    {
        try
        {
            lock (fileGate)
            {
                try
                {
                    if (!readGroup.Bind(group.Id).Step())
                        return null;
                    var data = readGroup.Blob(1);
                    if (RowSums.OfGroup(group.Id, group.Queue.Id, group.First, group.Count, data) == readGroup.Long(0))
                        return data.ToArray();
                }
                finally
                {
                    readGroup.Reset();
                }
            }
            Found(new(FindingKind.Damage, $"grp {group.Id}", "its checksum is wrong; its records are left out"));
        }
        catch (SqliteException e)
        {
            Found(new(FindingKind.Damage, $"grp {group.Id}", $"it cannot be read: {Reasons.Of(e)}"));
        }
        return null;
    }

    void Found(Finding finding)
    {
        lock (findings)
            if (!findings.Contains(finding))
                findings.Add(finding);
    }

    /// <summary>An empty file would be taken for a new one, and its log thrown away.</summary>
    internal static void CheckLength(string path, bool hasBeen)
    {
        var data = new FileInfo(System.IO.Path.Combine(path, DataFile.Name));
        var log = new FileInfo(data.FullName + "-wal");
        if (data is { Exists: true, Length: >= 512 })
            return;
        if (hasBeen || log is { Exists: true, Length: > 0 })
            throw Opening.Damaged(
                path,
                data.Exists ? $"the data file has {data.Length} bytes" : "the data file is missing"
            );
    }

    internal static void CompareLast(
        List<Finding> findings,
        StoreModel model,
        (long Transaction, long Synced)? said,
        bool isNew
    )
    {
        if (said is not { } last)
        {
            if (!isNew)
                findings.Add(
                    new(
                        FindingKind.Remark,
                        LastWritten.Name,
                        "it cannot be read; whether the newest transactions are missing cannot be told"
                    )
                );
            else if (model.Transaction > 0)
                findings.Add(
                    new(
                        FindingKind.Remark,
                        LastWritten.Name,
                        "it is missing; whether the newest transactions are missing cannot be told"
                    )
                );
            return;
        }
        var missing = last.Transaction - model.Transaction;
        if (missing > 0)
        {
            var wereSynced = last.Synced > model.Transaction;
            findings.Add(
                new(
                    wereSynced ? FindingKind.Damage : FindingKind.TornTail,
                    DataFile.Name + "-wal",
                    $"the last {missing} transactions are missing ({model.Transaction + 1} to {last.Transaction}), "
                        + (
                            wereSynced
                                ? "some of which had been synced: the log was cut short or damaged"
                                : "none of which had been synced: the tail was torn and is cut"
                        )
                )
            );
        }
        // Never a number twice: what is written from now on is not what is missing.
        model.Transaction = Math.Max(model.Transaction, last.Transaction);
    }

    /// <summary>Writes what is left and lets go of the directory.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    /// <summary>Writes what is left and lets go of the directory.</summary>
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
            Remove();
        @lock.Dispose();
    }
}
