namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Remembers the ids that a stage accepted, in the form of <see cref="RememberedId"/>, for a limited time and up to a
/// limited number.
/// </summary>
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

    /// <summary>Returns whether any id is still in the window.</summary>
    public bool IsHolding(DuplicateWindow window, long now)
    {
        Forget(window, now);
        return order.Count > 0;
    }

    /// <summary>Remembers an id that was stored, perhaps by a version that stored ids of any length.</summary>
    public void Restore(string id, long at)
    {
        var remembered = RememberedId.Create(id)!;
        if (seen.Add(remembered))
            order.Enqueue((remembered, at));
    }

    void Forget(DuplicateWindow window, long now)
    {
        var oldest = now - Durations.ToMilliseconds(window.Time);
        while (order.TryPeek(out var first) && (order.Count > window.Count || first.At <= oldest))
        {
            order.Dequeue();
            seen.Remove(first.Id);
        }
    }
}
