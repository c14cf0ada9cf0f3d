using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage;

/// <summary>The result of checking a data directory.</summary>
/// <param name="Findings">All findings.</param>
/// <param name="Records">The number of waiting records that can be read.</param>
/// <param name="SetAside">
/// The directory where a repair has put the rows that it left out, and the original files; null: nothing was repaired.
/// </param>
public sealed record CheckReport(IReadOnlyList<Finding> Findings, long Records, string? SetAside)
{
    /// <summary>Gets whether nothing is missing or unreadable.</summary>
    public bool IsSound => Findings.All(f => f.Kind != FindingKind.Damage);
}

/// <summary>Checks every row of a data directory, and repairs a damaged one as far as it can be read.</summary>
public static class DirectoryCheck
{
    /// <summary>Checks a data directory without changing it.</summary>
    /// <exception cref="StorageException">
    /// The directory is in use, of a newer format, or cannot be read at all.
    /// </exception>
    public static CheckReport Check(string path) => Run(path, isRepair: false);

    /// <summary>
    /// Checks a data directory, and if it is damaged writes all good rows into a new data file. The old files are
    /// kept in its subdirectory <c>damaged-1</c> (or the next free number), together with the rows that were left out in
    /// readable form. No file is deleted.
    /// </summary>
    /// <exception cref="StorageException">The directory is in use, of a newer format, or cannot be written.</exception>
    public static CheckReport Repair(string path) => Run(path, isRepair: true);

    static CheckReport Run(string path, bool isRepair)
    {
        path = Path.GetFullPath(path);
        if (!DataDirectory.Exists(path))
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"'{path}' is not a data directory: it has no file '{DataFile.Name}'"
            );
        using var taken = DirectoryLock.Take(path);
        try
        {
            using var run = new CheckRun(path);
            return isRepair ? run.Repair() : run.Check();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{path}' cannot be {(isRepair ? "repaired" : "checked")}: {Reasons.Describe(e)}",
                e
            );
        }
    }
}
