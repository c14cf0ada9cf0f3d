using ConveyorActors.Storage.Format;

namespace ConveyorActors.Storage.Model;

/// <summary>The content of the data file, except for the records themselves.</summary>
/// <remarks>Guarded by <see cref="Gate"/>: the writer changes the model, and readers use it for look-ups.</remarks>
sealed class StoreModel
{
    public const int Tables = 10;

    readonly Dictionary<(string Pipeline, string Stage, QueueKind Kind), Queue> byName = [];
    readonly Dictionary<(string Pipeline, string Key), NoteRow> notes = [];

    public Lock Gate { get; } = new();

    public Dictionary<int, Queue> Queues { get; } = [];

    public Dictionary<int, Line> Lines { get; } = [];

    public Dictionary<int, CountsBlock> Blocks { get; } = [];

    /// <summary>Gets the lines that replace lost ones, and are not in the file yet.</summary>
    public List<Line> Unwritten { get; } = [];

    public IReadOnlyCollection<NoteRow> Notes => notes.Values;

    /// <summary>
    /// Gets or sets, for each table, the sum of its rows' checksums and their number, by which a row that vanishes or
    /// comes back is detected.
    /// </summary>
    public long[] Sums { get; set; } = new long[Tables * 2];

    public long Transaction { get; set; }

    public int LastQueueId,
        LastLineId;
    public long LastGroupId,
        LastDeadId,
        LastSeenId,
        LastNoteId;

    public Queue? FindQueue(string pipeline, string stage, QueueKind kind) =>
        byName.GetValueOrDefault((pipeline, stage, kind));

    public NoteRow? FindNote(string pipeline, string key) => notes.GetValueOrDefault((pipeline, key));

    public void Add(Queue queue)
    {
        Queues.Add(queue.Id, queue);
        byName.Add((queue.Pipeline, queue.Stage, queue.Kind), queue);
        LastQueueId = Math.Max(LastQueueId, queue.Id);
    }

    public void Add(Line line)
    {
        Lines.Add(line.Id, line);
        LastLineId = Math.Max(LastLineId, line.Id);
        if (line.Source is { } source)
            line.Queue.Lines.Add(source, line);
        else
            line.Queue.Own = line;
        BlockOf(line.Id).Members[line.Id % CountsBlock.Lines] = line;
    }

    public void Remove(Line line)
    {
        Lines.Remove(line.Id);
        if (line.Source is { } source)
            line.Queue.Lines.Remove(source);
        BlockOf(line.Id).Members[line.Id % CountsBlock.Lines] = null;
    }

    public void Add(NoteRow note)
    {
        notes.Add((note.Pipeline, note.Key), note);
        LastNoteId = Math.Max(LastNoteId, note.Id);
    }

    public void Remove(NoteRow note) => notes.Remove((note.Pipeline, note.Key));

    public CountsBlock BlockOf(int line)
    {
        var id = line / CountsBlock.Lines;
        if (!Blocks.TryGetValue(id, out var block))
            Blocks.Add(id, block = new(id));
        return block;
    }

    /// <summary>
    /// Adds a row's checksum to its table's sum, or removes it; apart from the count, both are the same operation.
    /// </summary>
    public static void Tally(long[] sums, RowKind table, long before, long after)
    {
        sums[(int)table * 2] ^= before ^ after;
        sums[(int)table * 2 + 1] += (after != 0 ? 1 : 0) - (before != 0 ? 1 : 0);
    }
}
