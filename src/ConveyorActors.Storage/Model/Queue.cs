namespace ConveyorActors.Storage.Model;

/// <summary>What a queue holds; the numbers are part of the format.</summary>
enum QueueKind
{
    /// <summary>A stage's records.</summary>
    Stage = 0,

    /// <summary>Results of hops that wait for room in the stage.</summary>
    Parked = 1,
}

/// <summary>One stage, or the results that wait before it.</summary>
/// <remarks>Guarded by the model's lock.</remarks>
sealed class Queue(int id, string pipeline, string stage, QueueKind kind) : Row
{
    public int Id { get; } = id;

    public string Pipeline { get; } = pipeline;

    public string Stage { get; } = stage;

    public QueueKind Kind { get; } = kind;

    /// <summary>In order of sequence; each has a record that waits.</summary>
    public GroupList Groups { get; } = new();

    /// <summary>Sources by name. Of results that wait it is the stage's lines that are used.</summary>
    public Dictionary<string, Line> Lines { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets what the queue itself counts.</summary>
    public Line Own { get; set; } = null!;

    public Queue<DeadRow> Dead { get; } = new();

    public Queue<SeenRow> Seen { get; } = new();

    public int SeenCount { get; set; }

    /// <summary>The group that holds a sequence; null: none does.</summary>
    public Group? Find(long sequence)
    {
        var place = PlaceOf(sequence);
        return place < Groups.Count && Groups[place].First <= sequence ? Groups[place] : null;
    }

    /// <summary>The place of the first group that ends at a sequence or after it.</summary>
    public int PlaceOf(long sequence)
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
        var place = PlaceOf(group.First);
        if (place < Groups.Count && ReferenceEquals(Groups[place], group))
            Groups.RemoveAt(place);
    }
}
