using System.Text;
using System.Text.Json;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage.Checking;

/// <summary>A row that was left out.</summary>
/// <param name="Place">The row's table and id.</param>
/// <param name="Why">The damage of the row.</param>
/// <param name="Data">The row's bytes.</param>
sealed record BadRow(string Place, string Why, byte[] Data);

/// <summary>Writes the good rows of a damaged data file into a new file.</summary>
static class DataFileRepair
{
    /// <summary>
    /// Writes the good rows into a new data file, which does not replace the damaged one yet: a later step does.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="old">The damaged data file; null: it cannot be opened.</param>
    /// <param name="model">What was read from it; null: nothing.</param>
    public static void Write(string path, DataFile? old, StoreModel? model)
    {
        var target = Replacement.Begin(path);
        using (var file = DataFile.Open(target, new()))
        {
            file.MakeTables();
            if (old is not null && model is not null)
                Copy(old, file, model);
            file.CheckpointWal();
        }
        // A file is moved without its log, and SQLite does not report that closing a file has left it one.
        if (new FileInfo(target + "-wal") is { Exists: true, Length: > 0 })
            throw new IOException("the new data file has no room for all of its log");
    }

    static void Copy(DataFile old, DataFile file, StoreModel model)
    {
        var sums = new long[StoreModel.Tables * 2];
        file.Execute("BEGIN");
        using (var queues = file.Prepare("INSERT INTO queue VALUES(?,?,?,?,?)"))
            foreach (var queue in model.Queues.Values)
                queues
                    .Bind(queue.Id)
                    .Bind(queue.Pipeline)
                    .Bind(queue.Stage)
                    .Bind((long)queue.Kind)
                    .Bind(AddSum(sums, RowKind.Queue, RowSums.ComputeForQueue(queue)))
                    .Run();
        using (var sourceQueues = file.Prepare("INSERT INTO line VALUES(?,?,?,?)"))
            foreach (var row in model.SourceQueues.Values)
                sourceQueues
                    .Bind(row.Id)
                    .Bind(row.Queue.Id)
                    .Bind(row.Source)
                    .Bind(
                        AddSum(
                            sums,
                            RowKind.SourceQueue,
                            RowSums.ComputeForSourceQueue(row.Id, row.Queue.Id, row.Source)
                        )
                    )
                    .Run();
        var writer = new ByteWriter();
        using (var counts = file.Prepare("INSERT INTO counts VALUES(?,?,?)"))
            foreach (var block in model.Blocks.Values.Where(b => b.Members.Any(m => m is not null)))
            {
                writer.Clear();
                block.Write(writer);
                counts
                    .Bind(block.Id)
                    .Bind(writer.Written)
                    .Bind(AddSum(sums, RowKind.Counts, RowSums.ComputeForCounts(block.Id, writer.Written)))
                    .Run();
            }
        CopyCheckpoints(file, model, sums);
        CopyGroups(old, file, model, sums, writer);
        CopyMembers(
            old,
            file,
            RowKind.Dead,
            model.Queues.Values.SelectMany(q => q.Dead.Select(d => (d.Id, d.Committed))),
            sums
        );
        CopyMembers(
            old,
            file,
            RowKind.Seen,
            model.Queues.Values.SelectMany(q => q.Seen.Select(s => (s.Id, s.Committed))),
            sums
        );
        TransactionWriter.WriteHead(file, model.Transaction, sums);
        file.Execute("COMMIT");
    }

    static void CopyCheckpoints(DataFile file, StoreModel model, long[] sums)
    {
        using var checkpoints = file.Prepare("INSERT INTO note VALUES(?,?,?,?,?)");
        foreach (var row in model.Checkpoints)
            checkpoints
                .Bind(row.Id)
                .Bind(row.Pipeline)
                .Bind(row.Key)
                .Bind(row.Value)
                .Bind(
                    AddSum(
                        sums,
                        RowKind.Checkpoint,
                        RowSums.ComputeForCheckpoint(row.Id, row.Pipeline, row.Key, row.Value)
                    )
                )
                .Run();
    }

    static void CopyGroups(DataFile old, DataFile file, StoreModel model, long[] sums, ByteWriter writer)
    {
        using var write = file.Prepare("INSERT INTO grp VALUES(?,?,?,?,?,?)");
        using var tombstones = file.Prepare("INSERT INTO gone VALUES(?,?,?)");
        var left = GroupRows.ReadAgain(
            old,
            model.Queues.Values,
            (group, data) =>
            {
                var sum = AddSum(sums, RowKind.Group, group.Committed);
                write
                    .Bind(group.Id)
                    .Bind(group.Queue.Id)
                    .Bind(group.First)
                    .Bind(group.Count)
                    .Bind(sum)
                    .Bind(data)
                    .Run();
                writer.Clear();
                group.WriteTombstones(writer);
                tombstones
                    .Bind(group.Id)
                    .Bind(writer.Written)
                    .Bind(AddSum(sums, RowKind.Tombstones, RowSums.ComputeForTombstones(group.Id, sum, writer.Written)))
                    .Run();
            }
        );
        CheckAllCopied(RowKind.Group, left);
    }

    static void CopyMembers(
        DataFile old,
        DataFile file,
        RowKind kind,
        IEnumerable<(long Id, long Sum)> rows,
        long[] sums
    )
    {
        var wanted = rows.ToDictionary();
        using var write = file.Prepare($"INSERT INTO {RowCheck.GetTableName(kind)} VALUES(?,?,?,?)");
        using var all = TableRows.ReadAgain(old, kind, "queue, data");
        while (all.Step())
        {
            var (id, queue) = (all.Row.GetLong(0), all.Row.GetLong(1));
            var data = all.Row.GetBlob(2);
            if (!wanted.TryGetValue(id, out var sum) || RowSums.ComputeForMember(kind, id, queue, data) != sum)
                continue;
            wanted.Remove(id);
            write.Bind(id).Bind(queue).Bind(data).Bind(AddSum(sums, kind, sum)).Run();
        }
        CheckAllCopied(kind, wanted.Count);
    }

    /// <summary>Ends a repair that would lose rows without a word, because a disk fails now and then.</summary>
    static void CheckAllCopied(RowKind table, int left)
    {
        if (left > 0)
            throw new IOException(
                $"{left} {(left == 1 ? "row" : "rows")} of the table {RowCheck.GetTableName(table)} could be read before and cannot be read now"
            );
    }

    static long AddSum(long[] sums, RowKind table, long sum)
    {
        StoreModel.UpdateSum(sums, table, 0, sum);
        return sum;
    }

    /// <summary>
    /// Returns a line of JSON for a row that was left out, with its records as far as they can be read.
    /// </summary>
    public static string Describe(BadRow row, StoreModel model)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("place", row.Place);
            json.WriteString("why", row.Why);
            json.WriteStartArray("records");
            try
            {
                if (row.Place.StartsWith("grp ", StringComparison.Ordinal))
                    WriteRecords(json, row.Data, model);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException)
            {
                // The rest cannot be read; the bytes below contain all of it.
            }
            json.WriteEndArray();
            json.WriteBase64String("bytes", row.Data);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    static void WriteRecords(Utf8JsonWriter json, byte[] data, StoreModel model)
    {
        var walker = new GroupBlob.Walker(data);
        while (walker.TryReadNext(out var entry))
        {
            if (GroupBlob.TryRead(data, entry, out _) is not { } record)
                continue;
            json.WriteStartObject();
            json.WriteString("source", model.SourceQueues.GetValueOrDefault(entry.SourceQueue)?.Source);
            json.WriteString("id", record.Id);
            json.WriteBase64String("payload", record.Payload.Span);
            json.WriteEndObject();
        }
    }
}
