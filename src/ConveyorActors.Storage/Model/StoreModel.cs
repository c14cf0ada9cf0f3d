using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>The content of the data file, except for the records themselves.</summary>
/// <remarks>Guarded by <see cref="Gate"/>: the writer changes the model, and readers use it for look-ups.</remarks>
sealed class StoreModel
{
    public const int Tables = 10;

    readonly Dictionary<(string Pipeline, string Stage, QueueKind Kind), Queue> byName = [];
    readonly Dictionary<(string Pipeline, string Key), CheckpointRow> checkpoints = [];

    public Lock Gate { get; } = new();

    public Dictionary<int, Queue> Queues { get; } = [];

    public Dictionary<int, SourceQueueRow> SourceQueues { get; } = [];

    public Dictionary<int, CountsBlock> Blocks { get; } = [];

    /// <summary>Gets the lines that replace lost ones, and are not in the file yet.</summary>
    public List<SourceQueueRow> Unwritten { get; } = [];

    public IReadOnlyCollection<CheckpointRow> Checkpoints => checkpoints.Values;

    /// <summary>
    /// Gets or sets, for each table, the sum of its rows' checksums and their number, by which a row that vanishes or
    /// reappears is detected.
    /// </summary>
    public long[] Sums { get; set; } = new long[Tables * 2];

    public long Transaction { get; set; }

    public int LastQueueId,
        LastSourceQueueId;
    public long LastGroupId,
        LastDeadId,
        LastSeenId,
        LastCheckpointId;

    public Queue? FindQueue(string pipeline, string stage, QueueKind kind) =>
        byName.GetValueOrDefault((pipeline, stage, kind));

    public CheckpointRow? FindCheckpoint(string pipeline, string key) => checkpoints.GetValueOrDefault((pipeline, key));

    public void Add(Queue queue)
    {
        Queues.Add(queue.Id, queue);
        byName.Add((queue.Pipeline, queue.Stage, queue.Kind), queue);
        LastQueueId = Math.Max(LastQueueId, queue.Id);
    }

    public void Add(SourceQueueRow sourceQueue)
    {
        SourceQueues.Add(sourceQueue.Id, sourceQueue);
        LastSourceQueueId = Math.Max(LastSourceQueueId, sourceQueue.Id);
        if (sourceQueue.Source is { } source)
            sourceQueue.Queue.SourceQueues.Add(source, sourceQueue);
        else
            sourceQueue.Queue.Own = sourceQueue;
        GetOrAddBlock(sourceQueue.Id).Members[sourceQueue.Id % CountsBlock.SourceQueues] = sourceQueue;
    }

    public void Remove(SourceQueueRow sourceQueue)
    {
        SourceQueues.Remove(sourceQueue.Id);
        if (sourceQueue.Source is { } source)
            sourceQueue.Queue.SourceQueues.Remove(source);
        GetOrAddBlock(sourceQueue.Id).Members[sourceQueue.Id % CountsBlock.SourceQueues] = null;
    }

    public void Add(CheckpointRow checkpoint)
    {
        checkpoints.Add((checkpoint.Pipeline, checkpoint.Key), checkpoint);
        LastCheckpointId = Math.Max(LastCheckpointId, checkpoint.Id);
    }

    public void Remove(CheckpointRow checkpoint) => checkpoints.Remove((checkpoint.Pipeline, checkpoint.Key));

    public CountsBlock GetOrAddBlock(int sourceQueue)
    {
        var id = sourceQueue / CountsBlock.SourceQueues;
        if (!Blocks.TryGetValue(id, out var block))
            Blocks.Add(id, block = new(id));
        return block;
    }

    /// <summary>
    /// Adds a row's checksum to its table's sum, or removes it; apart from the count, both are the same operation.
    /// </summary>
    public static void UpdateSum(long[] sums, RowKind table, long before, long after)
    {
        sums[(int)table * 2] ^= before ^ after;
        sums[(int)table * 2 + 1] += (after != 0 ? 1 : 0) - (before != 0 ? 1 : 0);
    }
}
