using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Records gathered for one target, part by part: a part is what one sender wants one answer for, or a run of what
/// nobody wants to hear of.
/// </summary>
sealed class BufferActorBatch(int capacity)
{
    readonly List<Part> parts = [];
    ConveyorRecord[] records = new ConveyorRecord[capacity];

    /// <summary>Records of one answer.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Asker">Who wants the answer; null: nobody.</param>
    public readonly record struct Part(int Count, IActorRef? Asker);

    /// <summary>Gets or sets how many records.</summary>
    public int Count { get; private set; }

    /// <summary>Gets whether there are no records, and nobody waits for an answer either.</summary>
    public bool IsEmpty => parts.Count == 0;

    /// <summary>Gets how many records it has memory for.</summary>
    public int Capacity => records.Length;

    public IReadOnlyList<Part> Parts => parts;

    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, Count);

    public void Add(ConveyorRecord record, IActorRef? asker)
    {
        if (Count == records.Length)
            Array.Resize(ref records, 2 * Count);
        records[Count++] = record;
        AddPart(1, asker);
    }

    public void Add(ReadOnlySpan<ConveyorRecord> added, IActorRef? asker)
    {
        if (added.IsEmpty && asker is null)
            return;
        if (Count + added.Length > records.Length)
            Array.Resize(ref records, Math.Max(2 * records.Length, Count + added.Length));
        added.CopyTo(records.AsSpan(Count));
        Count += added.Length;
        AddPart(added.Length, asker);
    }

    void AddPart(int count, IActorRef? asker)
    {
        if (asker is null && parts.Count > 0 && parts[^1] is { Asker: null } last)
            parts[^1] = last with { Count = last.Count + count };
        else
            parts.Add(new(count, asker));
    }

    /// <summary>Takes the first records out: whole parts, and what is over of the part behind them.</summary>
    public void RemoveFirst(int count, int wholeParts)
    {
        var over = count;
        for (var i = 0; i < wholeParts; i++)
            over -= parts[i].Count;
        parts.RemoveRange(0, wholeParts);
        if (over > 0)
            parts[0] = parts[0] with { Count = parts[0].Count - over };
        records.AsSpan(count, Count - count).CopyTo(records);
        records.AsSpan(Count - count, count).Clear();
        Count -= count;
    }

    /// <summary>
    /// Takes out all that somebody waits for, after telling about each; what nobody waits for stays, in order.
    /// </summary>
    public void TakeAsked(Action<IActorRef, int> tell)
    {
        int from = 0,
            to = 0;
        foreach (var part in parts)
        {
            if (part.Asker is { } asker)
                tell(asker, part.Count);
            else
            {
                records.AsSpan(from, part.Count).CopyTo(records.AsSpan(to));
                to += part.Count;
            }
            from += part.Count;
        }
        records.AsSpan(to, Count - to).Clear();
        Count = to;
        parts.Clear();
        if (to > 0)
            parts.Add(new(to, null));
    }

    public void Clear()
    {
        records.AsSpan(0, Count).Clear();
        Count = 0;
        parts.Clear();
    }
}
