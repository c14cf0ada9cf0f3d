using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads a data file into a model and looks at every byte of it on the way.</summary>
/// <remarks>A bad row is a finding and is left out; a file whose structure is bad cannot be opened, for writing to it could make it worse.</remarks>
sealed class Opening(string directory, DataFile file)
{
    /// <summary>Numbers of names are below this.</summary>
    const int Highest = int.MaxValue / 2;

    readonly List<Finding> findings = [];
    readonly long[] sums = new long[StoreModel.Tables * 2];
    readonly StoreModel model = new();
    bool isLenient;

    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Rows that are left out, with what is in them.</summary>
    public List<BadRow> SetAside { get; } = [];

    /// <exception cref="StorageException">It was written by a newer version, or cannot be trusted as a whole.</exception>
    /// <param name="isLenient">Read on whatever is wrong, for a repair.</param>
    public StoreModel Read(bool isLenient = false)
    {
        this.isLenient = isLenient;
        try
        {
            var wrong = isLenient ? [] : file.CheckStructure();
            if (wrong.Count > 0) throw Damaged(directory, wrong[0]);
            long[]? recorded = null;
            Each("head", () => ReadHead(out recorded));
            ReadAll();
            model.Sums = sums;
            if (recorded is not null) CompareSums(recorded);
        }
        catch (SqliteException e) when (!isLenient && (Reasons.IsDamage(e) || e.SqliteErrorCode == 1))
        {
            throw Damaged(directory, e.SqliteErrorCode == 1 ? "a table is not as it should be" : Reasons.Of(e));
        }
        return model;
    }

    public static StorageException Damaged(string directory, string what) => new(
        StorageFailure.Damaged, $"data directory '{directory}' is damaged: {what}; 'conveyor fsck {directory} --repair' saves what can be read");

    void ReadAll()
    {
        Dictionary<long, (byte[] Data, long Sum)> gone = [];
        Each("queue", ReadQueues);
        Each("line", ReadLines);
        NameOwnLines();
        Each("counts", ReadCounts);
        Each("note", ReadNotes);
        Each("gone", () => ReadGone(gone));
        Each("grp", () => ReadGroups(gone));
        foreach (var id in gone.Keys) Bad("gone", id, "it belongs to no group");
        Each("dead", ReadDead);
        Each("seen", ReadSeen);
        foreach (var queue in model.Queues.Values)
        {
            if (queue.Groups.Count > 0) queue.Own.Last = Math.Max(queue.Own.Last, queue.Groups[^1].Last);
            queue.LastAtOpening = queue.Own.Last;
        }
    }

    /// <summary>Reads a table. In a repair, what can be read of it before it breaks off is kept.</summary>
    void Each(string table, Action read)
    {
        try
        {
            read();
        }
        catch (SqliteException e) when (isLenient)
        {
            findings.Add(new(FindingKind.Damage, table, $"the rest of it cannot be read: {Reasons.Of(e)}"));
        }
    }

    void ReadHead(out long[]? recorded)
    {
        recorded = null;
        using var rows = file.Prepare("SELECT format, tx, sums, sum FROM head WHERE id=1");
        if (!rows.Step())
        {
            if (file.Scalar("SELECT count(*) FROM queue") > 0) Bad("head", 1, "it is missing; whether rows are missing cannot be told");
            return;
        }
        var (format, transaction) = (rows.Long(0), rows.Long(1));
        var bytes = rows.Blob(2);
        if (TransactionWriter.SumOfHead(format, transaction, bytes) != rows.Long(3) || bytes.Length != sums.Length * sizeof(long))
        {
            Bad("head", 1, "its checksum is wrong; whether rows are missing cannot be told");
            return;
        }
        if (format > DataFile.Format)
            throw new StorageException(StorageFailure.NewerFormat,
                $"data directory '{directory}' has format {format}; this program knows formats up to {DataFile.Format}. Use the version that wrote it");
        model.Transaction = transaction;
        recorded = new long[sums.Length];
        for (var i = 0; i < recorded.Length; i++) recorded[i] = System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
    }

    void CompareSums(long[] recorded)
    {
        foreach (var table in Enum.GetValues<RowKind>())
        {
            if (table == RowKind.Head) continue;
            var (sum, count) = ((int)table * 2, (int)table * 2 + 1);
            if (recorded[sum] == sums[sum] && recorded[count] == sums[count]) continue;
            // Bad rows are not in the sums, and have been told of.
            if (recorded[count] - sums[count] == findings.Count(f => f.Place.StartsWith(NameOf(table) + " ", StringComparison.Ordinal))) continue;
            // Without a row of these what was settled would come back, or a record would be taken for another's.
            if (table is RowKind.Gone or RowKind.Line or RowKind.Queue && !isLenient)
                throw Damaged(directory, $"rows of the table '{NameOf(table)}' are missing or doubled");
            findings.Add(new(FindingKind.Damage, NameOf(table), $"it has {sums[count]} good rows where {recorded[count]} were written, or others than were written: the counts do not add up"));
        }
    }

    static string NameOf(RowKind table) => table == RowKind.Group ? "grp" : table.ToString().ToLowerInvariant();

    void ReadQueues()
    {
        using var rows = file.Prepare("SELECT id, pipeline, stage, kind, sum FROM queue ORDER BY id");
        while (rows.Step())
        {
            var (id, kind) = (rows.Long(0), rows.Long(3));
            var queue = new Queue((int)id, rows.Text(1) ?? "", rows.Text(2) ?? "", (QueueKind)kind);
            model.LastQueueId = (int)After(model.LastQueueId, id);
            if (!IsSmall("queue", id) || !IsSmall("queue", id, kind) || !Check(RowKind.Queue, queue, rows.Long(0), TransactionWriter.SumOf(queue), rows.Long(4))) continue;
            queue.Own = new(0, queue, null);
            model.Add(queue);
        }
    }

    void ReadLines()
    {
        using var rows = file.Prepare("SELECT id, queue, source, sum FROM line ORDER BY id");
        while (rows.Step())
        {
            var (id, queue, source) = (rows.Long(0), rows.Long(1), rows.Text(2));
            var sum = TransactionWriter.SumOf((int)id, (int)queue, source);
            var row = new Row();
            model.LastLineId = (int)After(model.LastLineId, id);
            if (!IsSmall("line", id) || !IsSmall("line", id, queue) || !Check(RowKind.Line, row, id, sum, rows.Long(3))) continue;
            if (!model.Queues.TryGetValue((int)queue, out var owner))
            {
                Bad("line", id, $"its stage {queue} is missing");
                continue;
            }
            model.Add(new Line((int)id, owner, source) { Committed = sum });
        }
    }

    void NameOwnLines()
    {
        // A queue that lost its own line gets a new one, with a number that nothing can refer to.
        foreach (var queue in model.Queues.Values)
            if (queue.Own.Id == 0) model.Add(new Line(Math.Max(model.LastLineId + 1, Highest), queue, null));
    }

    void ReadCounts()
    {
        using var rows = file.Prepare("SELECT id, data, sum FROM counts ORDER BY id");
        while (rows.Step())
        {
            var id = rows.Long(0);
            var data = rows.Blob(1);
            var row = new Row();
            if (!IsSmall("counts", id) || !Check(RowKind.Counts, row, id, TransactionWriter.SumOf(RowKind.Counts, id, data), rows.Long(2), data)) continue;
            var block = model.BlockOf((int)id * CountsBlock.Lines);
            block.Committed = row.Committed;
            try
            {
                var reader = new ByteReader(data);
                while (!reader.IsAtEnd)
                {
                    var place = reader.Count();
                    var line = place < CountsBlock.Lines ? block.Members[place] : null;
                    (line ?? new Line(0, null!, null)).Read(ref reader);
                }
            }
            catch (InvalidDataException e)
            {
                Bad("counts", id, e.Message, data);
            }
        }
    }

    void ReadNotes()
    {
        using var rows = file.Prepare("SELECT id, pipeline, key, value, sum FROM note ORDER BY id");
        while (rows.Step())
        {
            var note = new NoteRow(rows.Long(0), rows.Text(1) ?? "", rows.Text(2) ?? "") { Value = rows.Text(3) ?? "" };
            model.LastNoteId = After(model.LastNoteId, note.Id);
            if (Check(RowKind.Note, note, note.Id, TransactionWriter.SumOf(note.Id, note.Pipeline, note.Key, note.Value), rows.Long(4))) model.Add(note);
        }
    }

    void ReadGone(Dictionary<long, (byte[] Data, long Sum)> gone)
    {
        using var rows = file.Prepare("SELECT id, data, sum FROM gone ORDER BY id");
        while (rows.Step())
        {
            var id = rows.Long(0);
            var data = rows.Blob(1);
            var row = new Row();
            if (Check(RowKind.Gone, row, id, TransactionWriter.SumOf(RowKind.Gone, id, data), rows.Long(2), data)) gone[id] = (data.ToArray(), row.Committed);
            else gone[id] = ([], 0);
        }
    }

    void ReadGroups(Dictionary<long, (byte[] Data, long Sum)> gone)
    {
        using var rows = file.Prepare("SELECT id, queue, first, count, sum, data FROM grp ORDER BY id");
        while (rows.Step())
        {
            var (id, queue, first, count) = (rows.Long(0), rows.Long(1), rows.Long(2), rows.Long(3));
            var data = rows.Blob(5);
            model.LastGroupId = After(model.LastGroupId, id);
            var row = new Row();
            var isGood = Check(RowKind.Group, row, id, TransactionWriter.SumOf(id, queue, first, count, data), rows.Long(4), data);
            if (!isGood)
            {
                gone.Remove(id);
                continue;
            }
            if (!model.Queues.TryGetValue((int)queue, out var owner))
            {
                gone.Remove(id);
                Bad("grp", id, $"its records' stage {queue} is missing", data);
                continue;
            }
            var group = new Group(id, owner, first, (int)count) { Size = data.Length, Committed = row.Committed };
            try
            {
                if (gone.Remove(id, out var of))
                {
                    if (of.Sum == 0)
                    {
                        // Which of them are settled is not known: none of them may come back, and none may be lost.
                        Bad("grp", id, $"which of its {count} records are settled cannot be read; they are left out", data);
                        continue;
                    }
                    group.GoneRow.Committed = of.Sum;
                    var reader = new ByteReader(of.Data);
                    group.ReadGone(ref reader);
                }
                else MarkAbsent(group, data);
                Count(group, data);
            }
            catch (InvalidDataException e)
            {
                Bad("grp", id, $"{e.Message}; it is left out", data);
                continue;
            }
            if (owner.Groups.Count > 0 && owner.Groups[^1].Last >= first)
            {
                Bad("grp", id, $"its sequences from {first} are there already; it is left out", data);
                continue;
            }
            owner.Groups.Add(group);
        }
    }

    /// <summary>Where nothing says which are gone, those are that are not there: they came and went before anything was written.</summary>
    static void MarkAbsent(Group group, ReadOnlySpan<byte> data)
    {
        var next = 0;
        var walker = new GroupBlob.Walker(data);
        while (walker.Next(out var entry))
        {
            for (; next < entry.Index && next < group.Count; next++) group.Remove(next);
            next = entry.Index + 1;
        }
        for (; next < group.Count; next++) group.Remove(next);
    }

    void Count(Group group, ReadOnlySpan<byte> data)
    {
        var walker = new GroupBlob.Walker(data);
        var kept = 0;
        var live = 0;
        while (walker.Next(out var entry))
        {
            if (entry.Index >= group.Count) throw new InvalidDataException("it has more records than it says");
            kept++;
            if (group.IsGone(entry.Index)) continue;
            live++;
            if (!model.Lines.TryGetValue(entry.Line, out var line)) throw new InvalidDataException($"a record's source {entry.Line} is missing");
            if (group.Queue.Kind == QueueKind.Stage) line.Pending++;
        }
        group.Kept = kept;
        if (live != group.Live) throw new InvalidDataException($"{group.Live} of its records should wait, and {live} do");
    }

    void ReadDead()
    {
        using var rows = file.Prepare("SELECT id, queue, data, sum FROM dead ORDER BY id");
        while (rows.Step())
        {
            var (id, queue) = (rows.Long(0), rows.Long(1));
            var data = rows.Blob(2);
            var sum = new Row();
            model.LastDeadId = After(model.LastDeadId, id);
            if (!Check(RowKind.Dead, sum, id, TransactionWriter.SumOf(RowKind.Dead, id, queue, data), rows.Long(3), data)) continue;
            try
            {
                if (!model.Queues.TryGetValue((int)queue, out var owner)) throw new InvalidDataException($"its stage {queue} is missing");
                var reader = new ByteReader(data);
                owner.Dead.Enqueue(new(id, DeadCodec.Read(ref reader, owner.Pipeline, owner.Stage)) { Committed = sum.Committed });
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException)
            {
                Bad("dead", id, $"{e.Message}; it is left out", data);
            }
        }
    }

    void ReadSeen()
    {
        using var rows = file.Prepare("SELECT id, queue, data, sum FROM seen ORDER BY id");
        while (rows.Step())
        {
            var (id, queue) = (rows.Long(0), rows.Long(1));
            var data = rows.Blob(2);
            var row = new Row();
            model.LastSeenId = After(model.LastSeenId, id);
            if (!Check(RowKind.Seen, row, id, TransactionWriter.SumOf(RowKind.Seen, id, queue, data), rows.Long(3), data)) continue;
            try
            {
                if (!model.Queues.TryGetValue((int)queue, out var owner)) throw new InvalidDataException($"its stage {queue} is missing");
                var ids = new List<(string, long)>();
                var reader = new ByteReader(data);
                for (var left = reader.Count(); left > 0; left--) ids.Add((reader.Text(), reader.Signed()));
                owner.Seen.Enqueue(new(id, ids.Count == 0 ? 0 : ids[^1].Item2, ids) { Committed = row.Committed });
                owner.SeenCount += ids.Count;
            }
            catch (InvalidDataException e)
            {
                Bad("seen", id, $"{e.Message}; it is left out", data);
            }
        }
    }

    bool Check(RowKind table, Row row, long id, long computed, long recorded, ReadOnlySpan<byte> data = default)
    {
        if (computed != recorded)
        {
            Bad(NameOf(table), id, "its checksum is wrong; it is left out", data);
            return false;
        }
        row.Committed = computed;
        StoreModel.Tally(sums, table, 0, computed);
        return true;
    }

    /// <summary>The last id there is: an id past any that could have been given is a damaged one, and does not count.</summary>
    static long After(long last, long id) => id < Highest ? Math.Max(last, id) : last;

    /// <summary>Ids of names are small; one that is not would be taken for another.</summary>
    bool IsSmall(string table, long id, long? value = null)
    {
        if ((value ?? id) is >= 0 and < Highest) return true;
        Bad(table, id, "it has a number that cannot be");
        return false;
    }

    void Bad(string table, long id, string what, ReadOnlySpan<byte> data = default)
    {
        findings.Add(new(FindingKind.Damage, $"{table} {id}", what));
        if (isLenient) SetAside.Add(new($"{table} {id}", what, data.ToArray()));
    }
}
