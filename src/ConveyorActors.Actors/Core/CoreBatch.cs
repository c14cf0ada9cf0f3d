using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>Records gathered for one target, part by part: a part is what one sender wants one answer for, or a run of what nobody wants to hear of.</summary>
sealed class CoreBatch(int capacity)
{
    readonly List<Part> parts = [];
    Record[] records = new Record[capacity];

    /// <summary>Records of one answer.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Asker">Who wants the answer; null: nobody.</param>
    public readonly record struct Part(int Count, IActorRef? Asker);

    public int Count { get; private set; }

    public IReadOnlyList<Part> Parts => parts;

    public ReadOnlyMemory<Record> Records => records.AsMemory(0, Count);

    public void Add(Record record, IActorRef? asker)
    {
        if (Count == records.Length) Array.Resize(ref records, 2 * Count);
        records[Count++] = record;
        AddPart(1, asker);
    }

    public void Add(ReadOnlySpan<Record> added, IActorRef? asker)
    {
        if (Count + added.Length > records.Length) Array.Resize(ref records, Math.Max(2 * records.Length, Count + added.Length));
        added.CopyTo(records.AsSpan(Count));
        Count += added.Length;
        AddPart(added.Length, asker);
    }

    void AddPart(int count, IActorRef? asker)
    {
        if (asker is null && parts.Count > 0 && parts[^1] is { Asker: null } last) parts[^1] = last with { Count = last.Count + count };
        else parts.Add(new(count, asker));
    }

    /// <summary>Takes the first records out, with the parts they belong to.</summary>
    public void RemoveFirst(int count, int partsGone)
    {
        records.AsSpan(count, Count - count).CopyTo(records);
        records.AsSpan(Count - count, count).Clear();
        Count -= count;
        parts.RemoveRange(0, partsGone);
    }

    /// <summary>Makes the first part smaller by what was taken of it.</summary>
    public void ShrinkFirst(int by) => parts[0] = parts[0] with { Count = parts[0].Count - by };

    /// <summary>Takes out all that somebody waits for, after telling about each; what nobody waits for stays, in order.</summary>
    public void TakeAsked(Action<IActorRef, int> tell)
    {
        int from = 0, to = 0;
        foreach (var part in parts)
        {
            if (part.Asker is { } asker) tell(asker, part.Count);
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
        if (to > 0) parts.Add(new(to, null));
    }

    public void Clear()
    {
        records.AsSpan(0, Count).Clear();
        Count = 0;
        parts.Clear();
    }
}
