using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads the dead letters and the duplicate windows.</summary>
sealed class DeadLetterRows(DataFile file, StoreModel model, RowCheck check)
{
    readonly HashSet<(RowKind, long)> ids = [];

    public void ReadDead()
    {
        using var all = check.Read(file, RowKind.Dead, "queue, data, sum");
        while (all.Step())
        {
            var rows = all.Row;
            model.LastDeadId = RowCheck.GetLastId(model.LastDeadId, rows.GetLong(0));
            Read(
                RowKind.Dead,
                rows,
                (owner, id, sum, data) =>
                {
                    var reader = new ByteReader(data);
                    var source = reader.ReadText();
                    owner.Dead.Enqueue(
                        new(id, DeadLetterCodec.Read(ref reader, owner.Pipeline, owner.Stage, source))
                        {
                            Committed = sum,
                        }
                    );
                }
            );
        }
    }

    public void ReadSeen()
    {
        using var all = check.Read(file, RowKind.Seen, "queue, data, sum");
        while (all.Step())
        {
            var rows = all.Row;
            model.LastSeenId = RowCheck.GetLastId(model.LastSeenId, rows.GetLong(0));
            Read(
                RowKind.Seen,
                rows,
                (owner, id, sum, data) =>
                {
                    var ids = new List<(string, long)>();
                    var reader = new ByteReader(data);
                    for (var left = reader.ReadCount(); left > 0; left--)
                        ids.Add((reader.ReadText(), reader.ReadSigned()));
                    owner.Seen.Enqueue(new(id, ids.Count == 0 ? 0 : ids[^1].Item2, ids) { Committed = sum });
                    owner.SeenCount += ids.Count;
                }
            );
        }
    }

    delegate void Reader(Queue owner, long id, long sum, ReadOnlySpan<byte> data);

    void Read(RowKind table, Statement row, Reader read)
    {
        var (id, queue) = (row.GetLong(0), row.GetLong(1));
        var data = row.GetBlob(2);
        var checkedRow = new Row();
        if (!check.Take(table, checkedRow, id, RowSums.ComputeForMember(table, id, queue, data), row.GetLong(3), data))
            return;
        try
        {
            if (!ids.Add((table, id)))
                throw new InvalidDataException("it is there twice");
            if (!model.Queues.TryGetValue((int)queue, out var owner))
                throw new InvalidDataException($"its stage {queue} is missing");
            read(owner, id, checkedRow.Committed, data);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            check.LeaveOut(table, id, $"{e.Message}; it is left out", data);
        }
    }

    /// <summary>Leaves out all dead letters.</summary>
    public void DropDead(string why)
    {
        var letters = model.Queues.Values.SelectMany(q => q.Dead.Select(d => d.Id)).ToHashSet();
        using var rows = TableRows.ReadAgain(file, RowKind.Dead, "data");
        while (rows.Step())
            if (letters.Remove(rows.Row.GetLong(0)))
                check.LeaveOut(RowKind.Dead, rows.Row.GetLong(0), why, rows.Row.GetBlob(1));
        foreach (var queue in model.Queues.Values)
            queue.Dead.Clear();
    }
}
