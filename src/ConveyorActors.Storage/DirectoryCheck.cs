using System.Globalization;
using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
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
        var findings = new List<Finding>();
        DataFile? data = null;
        KeptFiles? kept = null;
        var isChanged = false;
        try
        {
            Replacement.Finish(path);
            if (FindMissingEnd(path, findings) is { } length && isRepair)
            {
                kept = KeptFiles.Copy(path);
                isChanged = true;
                FileEnd.Pad(Path.Combine(path, DataFile.Name), length);
            }
            var opening = Read(path, findings, ref data, out var model);
            var isDamaged = findings.Any(f => f.Kind == FindingKind.Damage);
            var hasFirstPage = data is { HasItsTables: true };
            if (isDamaged && !isRepair && !hasFirstPage)
                findings.Add(new(FindingKind.Remark, DataFile.Name, FirstPage.Advice));
            if (!isRepair || !isDamaged)
                return Report(findings, model, null);
            kept ??= KeptFiles.Copy(path);
            if (!hasFirstPage)
            {
                data?.Dispose();
                data = null;
                isChanged = true;
                if (FirstPage.Replace(path))
                    opening = Read(path, findings, ref data, out model);
            }
            kept.AddReport(
                findings,
                opening is null || model is null
                    ? []
                    : opening.SetAside.Select(row => DataFileRepair.Describe(row, model))
            );
            DataFileRepair.Write(path, data, model);
            isChanged = true;
            data?.Dispose(); // Windows neither deletes nor replaces a file that is open.
            Replacement.Complete(path);
            return Report(findings, model, kept.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{path}' cannot be {(isRepair ? "repaired" : "checked")}: {Reasons.Describe(e)}",
                e
            );
        }
        finally
        {
            data?.Dispose();
            if (!isChanged)
                kept?.Discard(path);
        }
    }

    /// <summary>Adds a finding if the data file is too short. Returns the length that it had; null: it has it.</summary>
    static long? FindMissingEnd(string path, List<Finding> findings)
    {
        var file = Path.Combine(path, DataFile.Name);
        if (FileEnd.FindMissing(file) is not { } length)
            return null;
        findings.Add(
            new(
                FindingKind.Damage,
                DataFile.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"it has {new FileInfo(file).Length:N0} bytes and had {length:N0}: its end is missing"
                )
            )
        );
        return length;
    }

    /// <summary>Reads everything that can be read. The model is null if nothing can be read.</summary>
    static DataFileLoader? Read(string path, List<Finding> findings, ref DataFile? data, out StoreModel? model)
    {
        var file = Path.Combine(path, DataFile.Name);
        model = null;
        try
        {
            var said = LastWritten.Read(path, out var isNew);
            LastTransaction.CheckLength(path, said is { Transaction: > 0 });
            data = DataFile.Open(file, new(), isUntouched: true);
            if (data.SaysReadOnly)
                findings.Add(new(FindingKind.Damage, DataFile.Name, DataFile.ReadOnlyHeader));
            // The process that created the file was killed before it had written anything; the next one goes on.
            if (!data.HasTables && (isNew || said is { Transaction: 0 }))
                return null;
            CheckStructure(data, findings);
            var opening = new DataFileLoader(path, data, isLenient: true);
            model = opening.Read();
            findings.AddRange(opening.Findings);
            LastTransaction.Compare(findings, model, said, isNew);
            return opening;
        }
        catch (SqliteException e) when (Reasons.IsDamage(e))
        {
            findings.Add(new(FindingKind.Damage, DataFile.Name, Reasons.Describe(e)));
        }
        catch (StorageException e) when (e.Failure == StorageFailure.Damaged)
        {
            findings.Add(new(FindingKind.Damage, DataFile.Name, "it is too short or missing: nothing can be read"));
        }
        return null;
    }

    static void CheckStructure(DataFile data, List<Finding> findings)
    {
        try
        {
            foreach (var wrong in data.CheckStructure())
                findings.Add(new(FindingKind.Damage, DataFile.Name, wrong));
        }
        catch (SqliteException e)
        {
            findings.Add(new(FindingKind.Damage, DataFile.Name, Reasons.Describe(e)));
        }
    }

    static CheckReport Report(List<Finding> findings, StoreModel? model, string? aside) =>
        new(findings, model?.Queues.Values.Sum(q => q.Groups.Sum(g => (long)g.Live)) ?? 0, aside);
}
