using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads a data file into a model and checks every byte of it.</summary>
/// <remarks>
/// A bad row becomes a finding and is left out. A file cannot be opened if its structure is damaged, because writing to
/// it could make it worse, or if settled records could come back. A repair continues in spite of any damage.
/// </remarks>
sealed class Opening(string directory, DataFile file, bool isLenient = false)
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
                throw Damaged(directory, wrong);
            ReadAll();
        }
        catch (SqliteException e) when (!isLenient && Reasons.IsDamage(e))
        {
            throw Damaged(directory, Reasons.Of(e));
        }
        return model;
    }

    public static StorageException Damaged(string directory, string what) =>
        new(
            StorageFailure.Damaged,
            $"data directory '{directory}' is damaged: {what}; 'conveyor fsck {directory} --repair' saves what can be read"
        );

    void ReadAll()
    {
        var names = new NameRows(file, model, check);
        var groups = new GroupRows(file, model, check);
        var letters = new DeadLetterRows(file, model, check);
        Each("head", ReadHead);
        Each("queue", names.ReadQueues);
        Each("line", names.ReadLines);
        names.NameOwnLines();
        Each("counts", names.ReadCounts);
        Each("note", names.ReadCheckpoints);
        Each("grp", groups.Read);
        Each("dead", letters.ReadDead);
        Each("seen", letters.ReadSeen);
        model.Sums = check.Sums;
        if (recorded is not null && check.Compare(recorded) is { } unfit && !isLenient)
            throw Damaged(directory, unfit);
        if (!isLenient && check.BadRows(RowKind.Checkpoint) > 0)
            throw Damaged(directory, "a checkpoint, which may be the position of a source, cannot be read");
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
            names.DropCheckpoints("it may be older than what was written last; it is left out");
        if (check.IsInDoubt(RowKind.Dead))
            letters.DropDead("it may have been replayed or purged; it is left out");
        if (!check.IsInDoubt(RowKind.Tombstones))
            return;
        bool AddsUp(Queue queue) =>
            queue.Kind == QueueKind.Stage
            && conservation.CountsAreWhole(queue)
            && !groups.MayLack(queue)
            && Conservation.Missing(queue) == 0;
        groups.Drop(
            [.. model.Queues.Values.Where(q => !AddsUp(q))],
            "it is unknown which of its records are settled; it is left out"
        );
    }

    /// <summary>Reads a table. In a repair, the rows before a failure are kept.</summary>
    void Each(string table, Action read)
    {
        try
        {
            read();
        }
        catch (SqliteException e) when (isLenient)
        {
            check.Found(table, $"the rest of it cannot be read: {Reasons.Of(e)}");
        }
    }

    void ReadHead()
    {
        using var rows = file.Prepare("SELECT format, tx, sums, sum FROM head WHERE id=1");
        if (!rows.Step())
        {
            if (file.Scalar("SELECT count(*) FROM queue") > 0)
                check.Found("head", "it is missing; it is unknown whether rows are missing");
            return;
        }
        var (format, transaction) = (rows.Long(0), rows.Long(1));
        var bytes = rows.Blob(2);
        if (
            RowSums.OfHead(format, transaction, bytes) != rows.Long(3)
            || bytes.Length != StoreModel.Tables * 2 * sizeof(long)
        )
        {
            check.Found("head", "its checksum is wrong; it is unknown whether rows are missing");
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
