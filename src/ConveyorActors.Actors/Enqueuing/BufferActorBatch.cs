using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The records gathered for one target, in parts. A part is either the records of one sender that wants a reply, or a
/// run of records whose senders want none.
/// </summary>
sealed class BufferActorBatch(int capacity)
{
    readonly List<Part> parts = [];
    ConveyorRecord[] records = new ConveyorRecord[capacity];

    /// <summary>A part of a batch whose records share one reply.</summary>
    /// <param name="Count">The number of records.</param>
    /// <param name="ReplyTo">The sender that wants the reply; null: none.</param>
    public readonly record struct Part(int Count, IActorRef? ReplyTo);

    /// <summary>Gets the number of records.</summary>
    public int Count { get; private set; }

    /// <summary>Gets whether there are no records and no sender waits for a reply.</summary>
    public bool IsEmpty => parts.Count == 0;

    /// <summary>Gets the number of records that there is memory for.</summary>
    public int Capacity => records.Length;

    public IReadOnlyList<Part> Parts => parts;

    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, Count);

    public void Add(ConveyorRecord record, IActorRef? replyTo)
    {
        if (Count == records.Length)
            Array.Resize(ref records, 2 * Count);
        records[Count++] = record;
        AddPart(1, replyTo);
    }

    public void Add(ReadOnlySpan<ConveyorRecord> added, IActorRef? replyTo)
    {
        if (added.IsEmpty && replyTo is null)
            return;
        if (Count + added.Length > records.Length)
            Array.Resize(ref records, Math.Max(2 * records.Length, Count + added.Length));
        added.CopyTo(records.AsSpan(Count));
        Count += added.Length;
        AddPart(added.Length, replyTo);
    }

    void AddPart(int count, IActorRef? replyTo)
    {
        if (replyTo is null && parts.Count > 0 && parts[^1] is { ReplyTo: null } last)
            parts[^1] = last with { Count = last.Count + count };
        else
            parts.Add(new(count, replyTo));
    }

    /// <summary>Removes the first records: whole parts, and the remaining number from the part behind them.</summary>
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
    /// Removes all parts whose sender wants a reply, after calling <paramref name="reply"/> for each. The other records
    /// stay, in order.
    /// </summary>
    public void TakeExpectingReply(Action<IActorRef, int> reply)
    {
        int from = 0,
            to = 0;
        foreach (var part in parts)
        {
            if (part.ReplyTo is { } replyTo)
                reply(replyTo, part.Count);
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
