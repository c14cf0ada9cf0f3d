using System.Numerics;
using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// A double-ended queue that grows by doubling, and releases memory only when it is large and nearly empty, so that
/// small fluctuations allocate nothing.
/// </summary>
/// <remarks>
/// A struct, so that its owner accesses the items without another reference. Do not copy it. Not thread-safe, except
/// for <see cref="Fetch"/>.
/// </remarks>
struct Ring<T>()
{
    const int Smallest = 8;
    const int Large = 65_536;
    const int CacheLine = 64;

    T[] slots = [];
    int head;
    int shrinksBelow; // 0 for rings that are not large

    public int Count { get; private set; }

    public readonly int Capacity => slots.Length;

    public readonly ref T this[int index] => ref slots[(head + index) & (slots.Length - 1)];

    public readonly ref T Last => ref slots[(head + Count - 1) & (slots.Length - 1)];

    /// <summary>Adds a slot at the tail, for the caller to fill in. It may hold an old value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T PushBack()
    {
        if (Count == slots.Length)
            Resize(Count + 1);
        return ref slots[(head + Count++) & (slots.Length - 1)];
    }

    /// <summary>Adds items at the tail.</summary>
    public void PushBack(ReadOnlySpan<T> items)
    {
        if (Count + items.Length > slots.Length)
            Resize(Count + items.Length);
        var start = (head + Count) & (slots.Length - 1);
        var first = Math.Min(items.Length, slots.Length - start);
        items[..first].CopyTo(slots.AsSpan(start));
        items[first..].CopyTo(slots);
        Count += items.Length;
    }

    /// <summary>Adds a slot at the head, for the caller to fill in. It may hold an old value.</summary>
    public ref T PushFront()
    {
        if (Count == slots.Length)
            Resize(Count + 1);
        head = (head - 1) & (slots.Length - 1);
        Count++;
        return ref slots[head];
    }

    public T PopFront()
    {
        var popped = slots[head];
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            slots[head] = default!;
        Leave(1);
        return popped;
    }

    /// <summary>Moves as many items from the head as fit into the target.</summary>
    public void PopFront(Span<T> target)
    {
        if (target.Length == 0)
            return;
        var first = Math.Min(target.Length, slots.Length - head);
        var atHead = slots.AsSpan(head, first);
        var atStart = slots.AsSpan(0, target.Length - first);
        atHead.CopyTo(target);
        atStart.CopyTo(target[first..]);
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            atHead.Clear();
            atStart.Clear();
        }
        Leave(target.Length);
    }

    /// <summary>Inserts an item before the one at the index, moving the items before it: cheap near the head.</summary>
    public void InsertAt(int index, T item)
    {
        PushFront();
        for (var i = 0; i < index; i++)
            this[i] = this[i + 1];
        this[index] = item;
    }

    /// <summary>Removes an item, moving the items before it: cheap near the head.</summary>
    public void RemoveAt(int index)
    {
        for (var i = index; i > 0; i--)
            this[i] = this[i - 1];
        PopFront();
    }

    /// <summary>Releases the memory if the ring is empty.</summary>
    public void Trim()
    {
        if (Count > 0)
            return;
        slots = [];
        head = shrinksBelow = 0;
    }

    /// <summary>
    /// Loads the first items into this processor's cache. This member may be called by any thread at any time: it reads
    /// values that may be changing, and does not use them.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly int Fetch(int count)
    {
        var (now, first, step) = (slots, head, Math.Max(1, CacheLine / Unsafe.SizeOf<T>()));
        var read = 0;
        for (var i = 0; i < count && i < now.Length; i += step)
            read += Unsafe.As<T, byte>(ref now[(first + i) & (now.Length - 1)]);
        return read;
    }

    void Leave(int items)
    {
        head = (head + items) & (slots.Length - 1);
        Count -= items;
        if (Count < shrinksBelow)
            Resize(slots.Length / 4);
    }

    void Resize(int needed)
    {
        var resized = new T[Math.Max(Smallest, (int)BitOperations.RoundUpToPowerOf2((uint)needed))];
        var first = Math.Min(Count, slots.Length - head);
        Array.Copy(slots, head, resized, 0, first);
        Array.Copy(slots, 0, resized, first, Count - first);
        slots = resized;
        head = 0;
        shrinksBelow = resized.Length > Large ? resized.Length / 8 : 0;
    }
}
