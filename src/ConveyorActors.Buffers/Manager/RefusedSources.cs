using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Sources that were refused and listen to their signals: each is woken when there is room for what was refused,
/// whether its signal changes or not.
/// </summary>
/// <remarks>
/// Safe for use by many threads. At most one entry for each source and stage, so it is bounded by what exists. An entry
/// is added before its stage's gate is left and looked at again after it; a thread that frees room looks after freeing
/// it: one of the two always sees the other.
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

    /// <summary>Whether a source is to be woken once there is room.</summary>
    public bool Has(SourceState source)
    {
        if (IsEmpty)
            return false;
        lock (gate)
            return refused.Keys.Any(queue => ReferenceEquals(queue.Source, source));
    }

    /// <summary>
    /// Wakes those for which there is room now, and forgets them and those that nobody listens for any more.
    /// </summary>
    /// <param name="only">The only one to look at; null: all.</param>
    /// <param name="hasRoom">Whether what was refused would be accepted now.</param>
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
