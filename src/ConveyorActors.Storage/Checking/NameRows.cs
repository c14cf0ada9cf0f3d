using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>Reads the rows of stages, sources and checkpoints.</summary>
sealed class NameRows(DataFile file, StoreModel model, RowCheck check)
{
    public void ReadQueues()
    {
        using var all = check.Read(file, RowKind.Queue, "pipeline, stage, kind, sum");
        while (all.Step())
        {
            var rows = all.Row;
            var (id, kind) = (rows.GetLong(0), rows.GetLong(3));
            var queue = new Queue((int)id, rows.GetText(1) ?? "", rows.GetText(2) ?? "", (QueueKind)kind);
            model.LastQueueId = (int)RowCheck.GetLastId(model.LastQueueId, id);
            if (
                !check.IsSmall(RowKind.Queue, id, id, rows.GetLong(4))
                || !check.IsSmall(RowKind.Queue, id, kind, rows.GetLong(4))
            )
                continue;
            if (!check.Take(RowKind.Queue, queue, id, RowSums.ComputeForQueue(queue), rows.GetLong(4)))
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
        using var all = check.Read(file, RowKind.SourceQueue, "queue, source, sum");
        while (all.Step())
        {
            var rows = all.Row;
            var (id, queue, source) = (rows.GetLong(0), rows.GetLong(1), rows.GetText(2));
            var (sum, recorded) = (RowSums.ComputeForSourceQueue((int)id, (int)queue, source), rows.GetLong(3));
            model.LastSourceQueueId = (int)RowCheck.GetLastId(model.LastSourceQueueId, id);
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
    public void CreateMissingOwnQueues()
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
        using var all = check.Read(file, RowKind.Counts, "data, sum");
        while (all.Step())
        {
            var rows = all.Row;
            var id = rows.GetLong(0);
            var data = rows.GetBlob(1);
            var row = new Row();
            if (
                !check.IsSmall(RowKind.Counts, id, id, rows.GetLong(2))
                || !check.Take(RowKind.Counts, row, id, RowSums.ComputeForCounts(id, data), rows.GetLong(2), data)
            )
                continue;
            var block = model.GetOrAddBlock((int)id * CountsBlock.SourceQueues);
            block.Committed = row.Committed;
            try
            {
                var reader = new ByteReader(data);
                while (!reader.IsAtEnd)
                {
                    var place = reader.ReadInt();
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
        using var all = check.Read(file, RowKind.Checkpoint, "pipeline, key, value, sum");
        while (all.Step())
        {
            var rows = all.Row;
            var checkpoint = new CheckpointRow(rows.GetLong(0), rows.GetText(1) ?? "", rows.GetText(2) ?? "")
            {
                Value = rows.GetText(3) ?? "",
            };
            model.LastCheckpointId = RowCheck.GetLastId(model.LastCheckpointId, checkpoint.Id);
            if (
                !check.Take(
                    RowKind.Checkpoint,
                    checkpoint,
                    checkpoint.Id,
                    RowSums.ComputeForCheckpoint(checkpoint.Id, checkpoint.Pipeline, checkpoint.Key, checkpoint.Value),
                    rows.GetLong(4),
                    GetBytes(checkpoint)
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
            check.LeaveOut(RowKind.Checkpoint, checkpoint.Id, why, GetBytes(checkpoint));
            model.Remove(checkpoint);
        }
    }

    /// <summary>Leaves out a row that a damaged page shows at two places, or that was deleted before.</summary>
    void LeaveOutTwice(RowKind table, long id) => check.LeaveOut(table, id, "it is there twice");

    static byte[] GetBytes(CheckpointRow checkpoint) =>
        System.Text.Encoding.UTF8.GetBytes($"{checkpoint.Pipeline} {checkpoint.Key} {checkpoint.Value}");
}
