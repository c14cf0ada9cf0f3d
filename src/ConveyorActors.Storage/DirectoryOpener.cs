using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage;

/// <summary>The files, locks and state that opening a data directory has acquired.</summary>
sealed record OpenedDirectory(
    string Path,
    DataDirectoryOptions Options,
    CreatedFolders Created,
    DirectoryLock Lock,
    DataFile File,
    StoreModel Model,
    long Synced,
    IReadOnlyList<Finding> Findings
);

/// <summary>Opens a data directory: acquires its lock, and checks and reads its data file.</summary>
static class DirectoryOpener
{
    /// <param name="path">The path of the directory.</param>
    /// <param name="options">The options of the directory.</param>
    /// <param name="create">Creates the data directory object. If that fails, everything is closed again.</param>
    /// <exception cref="StorageException">
    /// The directory cannot be used; the message states the reason and the remedy. Nothing in it was changed.
    /// </exception>
    public static DataDirectory Open(
        string path,
        DataDirectoryOptions options,
        Func<OpenedDirectory, DataDirectory> create
    )
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var created = Create(path);
        var taken = DirectoryLock.Take(path);
        DataFile? file = null;
        try
        {
            Replacement.Finish(path);
            var said = LastWritten.Read(path, out var isNew);
            LastTransaction.CheckLength(path, said is { Transaction: > 0 });
            file = DataFile.Open(Path.Combine(path, DataFile.Name), options);
            Prepare(path, file, options, said is { Transaction: > 0 });
            var opening = new DataFileLoader(path, file);
            var model = opening.Read();
            file.CheckWritable();
            // SQLite syncs the directory for a log that it has created itself, but not for an existing one, which a
            // killed process may have created just before.
            options.SyncDirectory(path);
            List<Finding> findings = [.. opening.Findings];
            LastTransaction.Compare(findings, model, said, isNew);
            // A killed process may have left transactions that were never synced; the fact that they can be read does
            // not make them durable.
            return create(new(path, options, created, taken, file, model, said?.Synced ?? 0, findings));
        }
        catch (Exception e)
        {
            file?.Dispose();
            taken.Dispose();
            if (e is SqliteException broken && Reasons.IsDamage(broken))
                throw DataFileLoader.CreateDamagedError(path, Reasons.Describe(broken));
            if (e is SqliteException or IOException or UnauthorizedAccessException)
                throw new StorageException(
                    StorageFailure.CannotOpen,
                    $"data directory '{path}' cannot be opened: {Reasons.Describe(e)}",
                    e
                );
            throw;
        }
    }

    static CreatedFolders Create(string path)
    {
        try
        {
            return CreatedFolders.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{path}' cannot be created: {(e is FileNotFoundException ? "the file system does not allow it" : Reasons.Describe(e))}",
                e
            );
        }
    }

    /// <summary>Creates the tables of a new data file.</summary>
    static void Prepare(string path, DataFile file, DataDirectoryOptions options, bool hasTransactions)
    {
        if (file.SaysReadOnly)
            throw DataFileLoader.CreateDamagedError(path, DataFile.ReadOnlyHeader);
        if (file.HasTables)
            return;
        if (hasTransactions)
            throw DataFileLoader.CreateDamagedError(path, "the data file is empty, and it was not");
        // A killed process may have created any of the parent directories without syncing them, so all are synced. Once
        // a file has tables, its directories are on disk.
        for (var parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
            options.SyncDirectory(parent);
        file.MakeTables();
    }
}
