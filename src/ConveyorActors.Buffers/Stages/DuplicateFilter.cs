namespace ConveyorActors.Buffers.Stages;

/// <summary>Remembers the ids a stage accepted, for a time and up to a number.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class DuplicateFilter
{
    readonly HashSet<string> seen = new(StringComparer.Ordinal);
    readonly Queue<(string Id, long At)> order = new();

    public int Count => seen.Count;

    public bool Contains(string id, DuplicateWindow window, long now)
    {
        Forget(window, now);
        return seen.Contains(id);
    }

    public void Remember(string id, DuplicateWindow window, long now)
    {
        if (!seen.Add(id))
            return;
        order.Enqueue((id, now));
        Forget(window, now);
    }

    /// <summary>True when an id is still in the window.</summary>
    public bool IsHolding(DuplicateWindow window, long now)
    {
        Forget(window, now);
        return order.Count > 0;
    }

    public void Restore(string id, long at)
    {
        if (seen.Add(id))
            order.Enqueue((id, at));
    }

    void Forget(DuplicateWindow window, long now)
    {
        var oldest = now - Durations.Milliseconds(window.Time);
        while (order.TryPeek(out var first) && (order.Count > window.Count || first.At <= oldest))
        {
            order.Dequeue();
            seen.Remove(first.Id);
        }
    }
}
