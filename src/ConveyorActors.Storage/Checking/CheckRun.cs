using System.Globalization;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>One check or repair of a data directory.</summary>
/// <param name="path">The path of the directory, whose lock the caller holds.</param>
sealed class CheckRun(string path) : IDisposable
{
    readonly string file = Path.Combine(path, DataFile.Name);
    readonly List<Finding> findings = [];
    DataFile? data;
    StoreModel? model;
    IReadOnlyList<BadRow> leftOut = [];
    KeptFiles? kept;
    bool isChanged;

    bool HasFirstPage => data is { HasExpectedTables: true } && FirstPage.HasRightPageSize(file);

    bool IsDamaged => findings.Any(f => f.Kind == FindingKind.Damage);

    /// <summary>Checks the directory without changing it.</summary>
    public CheckReport Check()
    {
        Replacement.Finish(path);
        FindMissingEnd();
        Read();
        if (IsDamaged && !HasFirstPage && FirstPage.DescribeReplacement(path) is { } advice)
            findings.Add(new(FindingKind.Remark, DataFile.Name, advice));
        return CreateReport(null);
    }

    /// <summary>Checks the directory, and replaces a damaged data file by one with its good rows.</summary>
    public CheckReport Repair()
    {
        Replacement.Finish(path);
        if (FindMissingEnd() is { } length)
        {
            KeepBeforeChange();
            FileLength.Restore(file, length);
        }
        Read();
        if (!IsDamaged)
            return CreateReport(null);
        if (!HasFirstPage)
        {
            data?.Dispose();
            data = null;
            KeepBeforeChange();
            if (FirstPage.Replace(path))
                Read();
        }
        kept ??= KeptFiles.Copy(path);
        kept.AddReport(findings, model is null ? [] : leftOut.Select(row => DataFileRepair.Describe(row, model)));
        DataFileRepair.Write(path, data, model);
        isChanged = true;
        data?.Dispose(); // Windows neither deletes nor replaces a file that is open.
        Replacement.Complete(path);
        return CreateReport(kept.Path);
    }

    void KeepBeforeChange()
    {
        kept ??= KeptFiles.Copy(path);
        isChanged = true;
    }

    /// <summary>Adds a finding if the data file is too short. Returns the length that it had; null: it has it.</summary>
    long? FindMissingEnd()
    {
        if (FileLength.FindFormer(file) is not { } length || !FirstPage.HasRightPageSize(file))
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
    void Read()
    {
        (model, leftOut) = (null, []);
        try
        {
            var said = LastWritten.Read(path, out var isNew);
            LastTransaction.CheckLength(path, said is { Transaction: > 0 });
            data = DataFile.Open(file, new(), isUntouched: true);
            if (data.SaysReadOnly)
                findings.Add(new(FindingKind.Damage, DataFile.Name, DataFile.ReadOnlyHeader));
            // The process that created the file was killed before it had written anything; the next one goes on.
            if (!data.HasTables && (isNew || said is { Transaction: 0 }))
                return;
            CheckStructure(data);
            var loader = new DataFileLoader(path, data, isLenient: true);
            model = loader.Read();
            leftOut = loader.SetAside;
            findings.AddRange(loader.Findings);
            LastTransaction.Compare(findings, model, said, isNew);
        }
        catch (SqliteException e) when (Reasons.IsDamage(e))
        {
            findings.Add(new(FindingKind.Damage, DataFile.Name, Reasons.Describe(e)));
        }
        catch (StorageException e) when (e.Failure == StorageFailure.Damaged)
        {
            findings.Add(
                new(FindingKind.Damage, DataFile.Name, "it is too short or missing: nothing can be read from it")
            );
        }
    }

    void CheckStructure(DataFile opened)
    {
        try
        {
            foreach (var wrong in opened.CheckStructure())
                findings.Add(new(FindingKind.Damage, DataFile.Name, wrong));
        }
        catch (SqliteException e)
        {
            findings.Add(new(FindingKind.Damage, DataFile.Name, Reasons.Describe(e)));
        }
    }

    CheckReport CreateReport(string? aside) =>
        new(findings, model?.Queues.Values.Sum(q => q.Groups.Sum(g => (long)g.Live)) ?? 0, aside);

    /// <summary>Closes the data file, and deletes the copies of a repair that changed nothing.</summary>
    public void Dispose()
    {
        data?.Dispose();
        if (!isChanged)
            kept?.Discard(path);
    }
}
