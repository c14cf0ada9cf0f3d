using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>Compares a data file with the number of the last transaction, to find missing transactions.</summary>
static class LastTransaction
{
    /// <summary>
    /// Refuses a data file that is empty although it had transactions: it would be taken for a new file, and its log
    /// would be lost.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="hasTransactions">Whether the data file had transactions before.</param>
    /// <exception cref="StorageException">The data file is missing or too short.</exception>
    public static void CheckLength(string path, bool hasTransactions)
    {
        var data = new FileInfo(Path.Combine(path, DataFile.Name));
        var log = new FileInfo(data.FullName + "-wal");
        if (data is { Exists: true, Length: >= 512 })
            return;
        if (hasTransactions || log is { Exists: true, Length: > 0 })
            throw DataFileLoader.CreateDamagedError(
                path,
                data.Exists ? $"the data file has {Quantity.Format(data.Length, "byte")}" : "the data file is missing"
            );
    }

    /// <summary>
    /// Adds findings for missing transactions, and makes sure that no transaction number is used twice.
    /// </summary>
    /// <param name="findings">The findings to add to.</param>
    /// <param name="model">The model that was read from the data file.</param>
    /// <param name="said">The last transaction and the last one that was synced; null: they cannot be read.</param>
    /// <param name="isNew">Whether the file with these numbers was never written.</param>
    public static void Compare(
        List<Finding> findings,
        StoreModel model,
        (long Transaction, long Synced)? said,
        bool isNew
    )
    {
        if (said is not { } last)
        {
            if (!isNew || model.Transaction > 0)
                findings.Add(
                    new(
                        FindingKind.Remark,
                        LastWritten.Name,
                        $"it {(isNew ? "is missing" : "cannot be read")}; "
                            + "it is unknown whether the newest transactions are missing"
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
                    (
                        missing == 1
                            ? $"transaction {last.Transaction}, the last one, is missing and had {(wereSynced ? "" : "not ")}been synced: "
                            : $"the last {missing} transactions are missing ({model.Transaction + 1} to {last.Transaction}), {(wereSynced ? "some" : "none")} of which had been synced: "
                    ) + (wereSynced ? "the log was truncated or damaged" : "the tail was torn and is cut")
                )
            );
        }
        // A number is never used twice: later transactions must not look like the missing ones.
        model.Transaction = Math.Max(model.Transaction, last.Transaction);
    }
}
