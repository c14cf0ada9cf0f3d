using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Stages;

/// <summary>A record in a line, with what its stage knows of it: 32 bytes beside the record's own reference or value.</summary>
struct Slot<T>
{
    public T Record;
    public long Sequence;
    public long BufferedAt;
    public int Retries;
    public int Bytes;
}

/// <summary>A double-ended queue that grows by doubling, and gives memory back only when it is large and nearly empty: small swings allocate nothing.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class RecordRing<T>
{
    const int Smallest = 8;
    const int Large = 65_536;

    Slot<T>[] slots = [];
    int head;
    int shrinksBelow; // 0 for rings that are not large

    public int Count { get; private set; }

    public int Capacity => slots.Length;

    public ref Slot<T> this[int index] => ref slots[(head + index) & (slots.Length - 1)];

    /// <summary>A slot at the tail for the caller to fill in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Slot<T> PushBack()
    {
        if (Count == slots.Length) Resize(Count + 1);
        return ref slots[(head + Count++) & (slots.Length - 1)];
    }

    public ref Slot<T> PushFront()
    {
        if (Count == slots.Length) Resize(Count + 1);
        head = (head - 1) & (slots.Length - 1);
        Count++;
        return ref slots[head];
    }

    public Slot<T> PopFront()
    {
        ref var slot = ref slots[head];
        var popped = slot;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>()) slot.Record = default!;
        head = (head + 1) & (slots.Length - 1);
        Count--;
        if (Count < shrinksBelow) Resize(slots.Length / 4);
        return popped;
    }

    /// <summary>
    /// Brings the first slots into this processor's cache. The one member that any thread may call at any time: it reads what may be changing, and what
    /// it reads counts for nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public long Fetch(int count)
    {
        const int step = 2; // slots to a cache line, or fewer
        var (now, first) = (slots, head);
        long read = 0;
        for (var i = 0; i < count && i < now.Length; i += step) read += now[(first + i) & (now.Length - 1)].Sequence;
        return read;
    }

    /// <summary>Makes room for so many more at the tail at once.</summary>
    public void Reserve(int more)
    {
        if (Count + more > slots.Length) Resize(Count + more);
    }

    public void RemoveAt(int index)
    {
        for (var i = index; i > 0; i--) this[i] = this[i - 1];
        PopFront();
    }

    /// <summary>Gives the memory back when there is nothing in it.</summary>
    public void Trim()
    {
        if (Count > 0) return;
        slots = [];
        head = shrinksBelow = 0;
    }

    void Resize(int needed)
    {
        var resized = new Slot<T>[Math.Max(Smallest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed))];
        var first = Math.Min(Count, slots.Length - head);
        Array.Copy(slots, head, resized, 0, first);
        Array.Copy(slots, 0, resized, first, Count - first);
        slots = resized;
        head = 0;
        shrinksBelow = resized.Length > Large ? resized.Length / 8 : 0;
    }
}
