using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Tracks refused sources that subscribe to their signals: each is woken when there is room for the refused record,
/// whether its signal changes or not.
/// </summary>
/// <remarks>
/// Safe for use by many threads. There is at most one entry for each source and stage, so the size is bounded. An entry
/// is added before its stage's gate is left and checked again after that; a thread that frees room checks the entries
/// after freeing it: so at least one of the two always sees the other.
/// </remarks>
sealed class RefusedSources<T>
{
    readonly Lock gate = new();
    readonly Dictionary<SourceQueue<T>, Refusal> refused = [];
    int count;

    public readonly record struct Refusal(StageState<T> Stage, int Bytes);

    public bool IsEmpty => Volatile.Read(ref count) == 0;

    public void Add(SourceQueue<T> queue, StageState<T> stage, int bytes)
    {
        lock (gate)
        {
            refused[queue] = new(stage, bytes);
            Volatile.Write(ref count, refused.Count);
        }
    }

    /// <summary>Returns whether a source waits to be woken once there is room.</summary>
    public bool Has(SourceState source)
    {
        if (IsEmpty)
            return false;
        lock (gate)
            return refused.Keys.Any(queue => ReferenceEquals(queue.Source, source));
    }

    /// <summary>
    /// Wakes the sources for which there is room now, and removes them and those without a subscriber.
    /// </summary>
    /// <param name="only">The only queue to check; null: all.</param>
    /// <param name="hasRoom">Returns whether the refused record would be accepted now.</param>
    public void Wake(SourceQueue<T>? only, Func<SourceQueue<T>, Refusal, bool> hasRoom)
    {
        List<SourceQueue<T>>? woken = null;
        lock (gate)
        {
            if (only is not null)
            {
                if (refused.TryGetValue(only, out var one) && hasRoom(only, one))
                    woken = [only];
            }
            else
            {
                foreach (var (queue, refusal) in refused)
                    if (!queue.Source!.IsListenedTo || hasRoom(queue, refusal))
                        (woken ??= []).Add(queue);
            }
            if (woken is null)
                return;
            foreach (var queue in woken)
                refused.Remove(queue);
            Volatile.Write(ref count, refused.Count);
        }
        foreach (var queue in woken)
            queue.Source!.Wake();
    }
}
