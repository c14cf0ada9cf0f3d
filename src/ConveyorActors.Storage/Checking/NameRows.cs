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
            var (sum, recorded) = (RowSums.OfSourceQueue((int)id, (int)queue, source), rows.Long(3));
            model.LastSourceQueueId = (int)RowCheck.After(model.LastSourceQueueId, id);
            if (
                !check.IsSmall(RowKind.SourceQueue, id, id, recorded)
                || !check.IsSmall(RowKind.SourceQueue, id, queue, recorded)
            )
                continue;
            if (!check.Take(RowKind.SourceQueue, new Row(), id, sum, recorded))
                continue;
            if (!model.Queues.TryGetValue((int)queue, out var owner))
                check.LeaveOut(RowKind.SourceQueue, id, $"its stage {queue} is missing");
            else if (
                model.SourceQueues.ContainsKey((int)id)
                || (source is null ? owner.Own.Id != 0 : owner.SourceQueues.ContainsKey(source))
            )
                LeaveOutTwice(RowKind.SourceQueue, id);
            else
                model.Add(new SourceQueueRow((int)id, owner, source) { Committed = sum });
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
            var sourceQueue = new SourceQueueRow(Math.Max(model.LastSourceQueueId + 1, unused), queue, null);
            model.Add(sourceQueue);
            model.Unwritten.Add(sourceQueue);
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
            var block = model.BlockOf((int)id * CountsBlock.SourceQueues);
            block.Committed = row.Committed;
            try
            {
                var reader = new ByteReader(data);
                while (!reader.IsAtEnd)
                {
                    var place = reader.Int();
                    var sourceQueue = place < CountsBlock.SourceQueues ? block.Members[place] : null;
                    (sourceQueue ?? new SourceQueueRow(0, null!, null)).Read(ref reader);
                }
            }
            catch (InvalidDataException e)
            {
                check.LeaveOut(RowKind.Counts, id, e.Message, data);
            }
        }
    }

    public void ReadCheckpoints()
    {
        using var rows = file.Prepare("SELECT id, pipeline, key, value, sum FROM note ORDER BY id");
        while (rows.Step())
        {
            var checkpoint = new CheckpointRow(rows.Long(0), rows.Text(1) ?? "", rows.Text(2) ?? "")
            {
                Value = rows.Text(3) ?? "",
            };
            model.LastCheckpointId = RowCheck.After(model.LastCheckpointId, checkpoint.Id);
            if (
                !check.Take(
                    RowKind.Checkpoint,
                    checkpoint,
                    checkpoint.Id,
                    RowSums.OfCheckpoint(checkpoint.Id, checkpoint.Pipeline, checkpoint.Key, checkpoint.Value),
                    rows.Long(4),
                    BytesOf(checkpoint)
                )
            )
                continue;
            if (model.FindCheckpoint(checkpoint.Pipeline, checkpoint.Key) is not null)
                LeaveOutTwice(RowKind.Checkpoint, checkpoint.Id);
            else
                model.Add(checkpoint);
        }
    }

    /// <summary>Leaves out all checkpoints.</summary>
    public void DropCheckpoints(string why)
    {
        foreach (var checkpoint in model.Checkpoints.ToArray())
        {
            check.LeaveOut(RowKind.Checkpoint, checkpoint.Id, why, BytesOf(checkpoint));
            model.Remove(checkpoint);
        }
    }

    /// <summary>Leaves out a row that a damaged page shows at two places, or that was deleted before.</summary>
    void LeaveOutTwice(RowKind table, long id) => check.LeaveOut(table, id, "it is there twice");

    static byte[] BytesOf(CheckpointRow checkpoint) =>
        System.Text.Encoding.UTF8.GetBytes($"{checkpoint.Pipeline} {checkpoint.Key} {checkpoint.Value}");
}
