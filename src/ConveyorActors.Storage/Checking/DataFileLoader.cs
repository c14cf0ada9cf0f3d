using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads a data file into a model and checks every byte of it.</summary>
/// <remarks>
/// A bad row becomes a finding and is left out. A file cannot be opened if its structure is damaged, because writing to
/// it could make it worse, or if settled records could be delivered again. A repair continues in spite of any damage.
/// </remarks>
sealed class DataFileLoader(string directory, DataFile file, bool isLenient = false)
{
    readonly StoreModel model = new();
    readonly RowCheck check = new(isLenient);
    long[]? recorded;

    public IReadOnlyList<Finding> Findings => check.Findings;

    /// <summary>Gets the rows that are left out, with their content.</summary>
    public IReadOnlyList<BadRow> SetAside => check.SetAside;

    /// <exception cref="StorageException">
    /// The file was written by a newer version, or cannot be trusted as a whole.
    /// </exception>
    public StoreModel Read()
    {
        try
        {
            if (!isLenient && file.CheckStructure() is [var wrong, ..])
                throw CreateDamagedError(directory, wrong);
            ReadAll();
        }
        catch (SqliteException e) when (!isLenient && Reasons.IsDamage(e))
        {
            throw CreateDamagedError(directory, Reasons.Describe(e));
        }
        return model;
    }

    public static StorageException CreateDamagedError(string directory, string what) =>
        new(
            StorageFailure.Damaged,
            $"data directory '{directory}' is damaged: {what}; 'conveyor fsck {directory} --repair' recovers the readable part"
        );

    void ReadAll()
    {
        var names = new NameRows(file, model, check);
        var groups = new GroupRows(file, model, check);
        var letters = new DeadLetterRows(file, model, check);
        ReadTable("head", ReadHead);
        ReadTable("queue", names.ReadQueues);
        ReadTable("line", names.ReadLines);
        names.CreateMissingOwnQueues();
        ReadTable("counts", names.ReadCounts);
        ReadTable("note", names.ReadCheckpoints);
        ReadTable("grp", groups.Read);
        ReadTable("dead", letters.ReadDead);
        ReadTable("seen", letters.ReadSeen);
        model.Sums = check.Sums;
        if (recorded is not null && check.Compare(recorded) is { } unfit && !isLenient)
            throw CreateDamagedError(directory, unfit);
        if (!isLenient && check.CountBadRows(RowKind.Checkpoint) > 0)
            throw CreateDamagedError(directory, "a checkpoint, which may be the position of a source, cannot be read");
        var conservation = new Conservation(model, check);
        if (isLenient)
            DropDoubtful(names, groups, letters, conservation);
        conservation.Settle();
    }

    /// <summary>
    /// Drops records that may have been settled, if rows differ from those written and it is not known which. A stage
    /// that is complete and adds up is not affected. If groups are left out, a returned record could be hidden behind a
    /// missing one.
    /// </summary>
    void DropDoubtful(NameRows names, GroupRows groups, DeadLetterRows letters, Conservation conservation)
    {
        if (check.IsInDoubt(RowKind.Checkpoint))
            names.DropCheckpoints("it may be older than the last write; it is left out");
        if (check.IsInDoubt(RowKind.Dead))
            letters.DropDead("it may have been replayed or purged; it is left out");
        if (!check.IsInDoubt(RowKind.Tombstones))
            return;
        bool IsConserved(Queue queue) =>
            queue.Kind == QueueKind.Stage
            && conservation.AreCountsWhole(queue)
            && !groups.CanBeIncomplete(queue)
            && Conservation.CountMissing(queue) == 0;
        groups.Drop(
            [.. model.Queues.Values.Where(q => !IsConserved(q))],
            "it is unknown which of its records are settled; it is left out"
        );
    }

    /// <summary>Reads a table. In a repair, a table that is not there has no rows.</summary>
    void ReadTable(string table, Action read)
    {
        try
        {
            read();
        }
        catch (SqliteException e) when (isLenient)
        {
            check.AddFinding(table, $"it cannot be read: {Reasons.Describe(e)}");
        }
    }

    void ReadHead()
    {
        using var rows = file.Prepare("SELECT format, tx, sums, sum FROM head WHERE id=1");
        if (!rows.Step())
        {
            if (file.ReadScalar("SELECT count(*) FROM queue") > 0)
                check.AddFinding("head", "it is missing; it is unknown whether rows are missing");
            return;
        }
        var (format, transaction) = (rows.GetLong(0), rows.GetLong(1));
        var bytes = rows.GetBlob(2);
        if (
            RowSums.ComputeForHead(format, transaction, bytes) != rows.GetLong(3)
            || bytes.Length != StoreModel.Tables * 2 * sizeof(long)
        )
        {
            check.AddFinding("head", "its checksum is wrong; it is unknown whether rows are missing");
            return;
        }
        if (format > DataFile.Format)
            throw new StorageException(
                StorageFailure.NewerFormat,
                $"data directory '{directory}' has format {format}; this program knows formats up to {DataFile.Format}. Use the version that wrote it"
            );
        model.Transaction = transaction;
        recorded = new long[StoreModel.Tables * 2];
        for (var i = 0; i < recorded.Length; i++)
            recorded[i] = System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
    }
}
