namespace ConveyorActors.Storage.Model;

/// <summary>Specifies the kind of a queue. The numbers are part of the format.</summary>
enum QueueKind
{
    /// <summary>The records of a stage.</summary>
    Stage = 0,

    /// <summary>The results of hops that wait for room in the stage.</summary>
    Parked = 1,
}

/// <summary>The queue of one stage, or of the results that wait for room in it.</summary>
/// <remarks>Guarded by the model's lock.</remarks>
sealed class Queue(int id, string pipeline, string stage, QueueKind kind) : Row
{
    public int Id { get; } = id;

    public string Pipeline { get; } = pipeline;

    public string Stage { get; } = stage;

    public QueueKind Kind { get; } = kind;

    /// <summary>Gets the groups in order of sequence; each has at least one waiting record.</summary>
    public GroupList Groups { get; } = new();

    /// <summary>Gets the counts of sources, by name. Waiting results use those of the stage's queue.</summary>
    public Dictionary<string, SourceQueueRow> SourceQueues { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the counts of the queue itself.</summary>
    public SourceQueueRow Own { get; set; } = null!;

    public Queue<DeadRow> Dead { get; } = new();

    public Queue<SeenRow> Seen { get; } = new();

    public int SeenCount { get; set; }

    /// <summary>Returns the group that contains a sequence; null: there is none.</summary>
    public Group? Find(long sequence)
    {
        var place = FindPlace(sequence);
        return place < Groups.Count && Groups[place].First <= sequence ? Groups[place] : null;
    }

    /// <summary>Returns the place of the first group that ends at or after a sequence.</summary>
    public int FindPlace(long sequence)
    {
        int low = 0,
            high = Groups.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Groups[middle].Last < sequence)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public void Remove(Group group)
    {
        var place = FindPlace(group.First);
        if (place < Groups.Count && ReferenceEquals(Groups[place], group))
            Groups.RemoveAt(place);
    }
}
