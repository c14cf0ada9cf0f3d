using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads the rows of stages, sources and checkpoints.</summary>
sealed class NameRows(DataFile file, StoreModel model, RowCheck check)
{
    public void ReadQueues()
    {
        using var rows = file.Prepare("SELECT id, pipeline, stage, kind, sum FROM queue ORDER BY id");
        while (rows.Step())
        {
            var (id, kind) = (rows.Long(0), rows.Long(3));
            var queue = new Queue((int)id, rows.Text(1) ?? "", rows.Text(2) ?? "", (QueueKind)kind);
            model.LastQueueId = (int)RowCheck.After(model.LastQueueId, id);
            if (
                !check.IsSmall(RowKind.Queue, id, id, rows.Long(4))
                || !check.IsSmall(RowKind.Queue, id, kind, rows.Long(4))
            )
                continue;
            if (!check.Take(RowKind.Queue, queue, id, RowSums.OfQueue(queue), rows.Long(4)))
                continue;
            queue.Own = new(0, queue, null);
            if (
                model.Queues.ContainsKey(queue.Id)
                || model.FindQueue(queue.Pipeline, queue.Stage, queue.Kind) is not null
            )
                LeaveOutTwice(RowKind.Queue, id);
            else
                model.Add(queue);
        }
    }

    public void ReadLines()
    {
        using var rows = file.Prepare("SELECT id, queue, source, sum FROM line ORDER BY id");
        while (rows.Step())
        {
            var (id, queue, source) = (rows.Long(0), rows.Long(1), rows.Text(2));
            var (sum, recorded) = (RowSums.OfLine((int)id, (int)queue, source), rows.Long(3));
            model.LastLineId = (int)RowCheck.After(model.LastLineId, id);
            if (!check.IsSmall(RowKind.Line, id, id, recorded) || !check.IsSmall(RowKind.Line, id, queue, recorded))
                continue;
            if (!check.Take(RowKind.Line, new Row(), id, sum, recorded))
                continue;
            if (!model.Queues.TryGetValue((int)queue, out var owner))
                check.LeaveOut(RowKind.Line, id, $"its stage {queue} is missing");
            else if (
                model.Lines.ContainsKey((int)id)
                || (source is null ? owner.Own.Id != 0 : owner.Lines.ContainsKey(source))
            )
                LeaveOutTwice(RowKind.Line, id);
            else
                model.Add(new Line((int)id, owner, source) { Committed = sum });
        }
    }

    /// <summary>
    /// Gives a queue that lost its own line a new one, with an id that no record and no count refers to.
    /// </summary>
    public void NameOwnLines()
    {
        const int unused = RowCheck.Highest / 2;
        foreach (var queue in model.Queues.Values)
        {
            if (queue.Own.Id != 0)
                continue;
            var line = new Line(Math.Max(model.LastLineId + 1, unused), queue, null);
            model.Add(line);
            model.Unwritten.Add(line);
        }
    }

    public void ReadCounts()
    {
        using var rows = file.Prepare("SELECT id, data, sum FROM counts ORDER BY id");
        while (rows.Step())
        {
            var id = rows.Long(0);
            var data = rows.Blob(1);
            var row = new Row();
            if (
                !check.IsSmall(RowKind.Counts, id, id, rows.Long(2))
                || !check.Take(RowKind.Counts, row, id, RowSums.OfCounts(id, data), rows.Long(2), data)
            )
                continue;
            var block = model.BlockOf((int)id * CountsBlock.Lines);
            block.Committed = row.Committed;
            try
            {
                var reader = new ByteReader(data);
                while (!reader.IsAtEnd)
                {
                    var place = reader.Int();
                    var line = place < CountsBlock.Lines ? block.Members[place] : null;
                    (line ?? new Line(0, null!, null)).Read(ref reader);
                }
            }
            catch (InvalidDataException e)
            {
                check.LeaveOut(RowKind.Counts, id, e.Message, data);
            }
        }
    }

    public void ReadNotes()
    {
        using var rows = file.Prepare("SELECT id, pipeline, key, value, sum FROM note ORDER BY id");
        while (rows.Step())
        {
            var note = new NoteRow(rows.Long(0), rows.Text(1) ?? "", rows.Text(2) ?? "") { Value = rows.Text(3) ?? "" };
            model.LastNoteId = RowCheck.After(model.LastNoteId, note.Id);
            if (
                !check.Take(
                    RowKind.Note,
                    note,
                    note.Id,
                    RowSums.OfNote(note.Id, note.Pipeline, note.Key, note.Value),
                    rows.Long(4),
                    BytesOf(note)
                )
            )
                continue;
            if (model.FindNote(note.Pipeline, note.Key) is not null)
                LeaveOutTwice(RowKind.Note, note.Id);
            else
                model.Add(note);
        }
    }

    /// <summary>Leaves out all checkpoints.</summary>
    public void DropNotes(string why)
    {
        foreach (var note in model.Notes.ToArray())
        {
            check.LeaveOut(RowKind.Note, note.Id, why, BytesOf(note));
            model.Remove(note);
        }
    }

    /// <summary>Leaves out a row that a damaged page shows at two places, or that was deleted before.</summary>
    void LeaveOutTwice(RowKind table, long id) => check.LeaveOut(table, id, "it is there twice");

    static byte[] BytesOf(NoteRow note) =>
        System.Text.Encoding.UTF8.GetBytes($"{note.Pipeline} {note.Key} {note.Value}");
}
