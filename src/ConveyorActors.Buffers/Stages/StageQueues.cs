namespace ConveyorActors.Buffers.Stages;

/// <summary>The queues of a stage, one for each source, and the number of records in all of them.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class StageQueues<T>(string stageId)
{
    /// <summary>The number of records that wait.</summary>
    public int Buffered;

    /// <summary>The number of records that consumers hold.</summary>
    public int InFlight;

    /// <summary>The sequence of the record that was added last.</summary>
    public long LastSequence;

    readonly Dictionary<string, SourceQueue<T>> queues = new(StringComparer.Ordinal);

    /// <summary>Gets the queue that was used last; null: none, or it was removed.</summary>
    public SourceQueue<T>? Last { get; private set; }

    public Dictionary<string, SourceQueue<T>>.ValueCollection All => queues.Values;

    public SourceQueue<T>? Find(string source)
    {
        if (Last is { } last && (ReferenceEquals(last.SourceId, source) || last.SourceId == source))
            return last;
        if (queues.TryGetValue(source, out var queue))
            Last = queue;
        return queue;
    }

    public SourceQueue<T> GetOrAdd(string source, long now)
    {
        if (Find(source) is { } known)
            return known;
        var queue = new SourceQueue<T>(stageId, source);
        queue.StartAt(now);
        queues.Add(source, queue);
        return Last = queue;
    }

    public void Remove(SourceQueue<T> queue)
    {
        queues.Remove(queue.SourceId);
        if (ReferenceEquals(Last, queue))
            Last = null;
    }
}
