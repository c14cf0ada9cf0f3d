using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// A bounded ring of exact capacity for any number of producers and one consumer. Closed until it is opened.
/// </summary>
/// <remarks>
/// A producer reserves a position by a compare-and-swap of the tail, writes the item, and publishes it by writing the
/// number of its round into the item's byte of a second array. The consumer searches that array with vector
/// instructions for the first item that is not published yet, and producers write few cache lines.
/// <para>Two flags share the word of the tail, so that a single compare-and-swap decides everything at once:</para>
/// <list type="bullet">
/// <item>
/// Closed: a producer's swap fails from the moment the flag is set, so the tail at closing is exactly the number of
/// accepted items.
/// </item>
/// <item>
/// Parked: the consumer sets the flag by a swap that expects the tail it has worked up to, so it can only fall asleep
/// when there is nothing new. Only the producer whose swap removes the flag wakes the consumer. A flag in a separate
/// word would need a full fence between publishing an item and reading the flag, because a store and a later load may
/// be reordered, which would lose the wake-up.
/// </item>
/// </list>
/// Both flags make the tail look as if the ring were full, so the fast path tests for full, closed and parked by one
/// comparison.
/// </remarks>
sealed class CoreRing<T>
{
    const long Closed = long.MinValue;
    const long Parked = 1L << 62;
    const long Position = Parked - 1;

    readonly T[] items;
    readonly byte[] rounds;
    readonly int mask;
    readonly int shift;
    readonly int capacity;
    readonly AutoResetEvent bell;
    RingCursors cursors;

    /// <param name="capacity">
    /// The most items in the ring, from 1. The array has the length of the next power of two.
    /// </param>
    /// <param name="bell">The event that is set by the producer that finds the consumer parked.</param>
    public CoreRing(int capacity, AutoResetEvent bell)
    {
        items = new T[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        rounds = new byte[items.Length];
        mask = items.Length - 1;
        shift = BitOperations.Log2((uint)items.Length);
        this.capacity = capacity;
        this.bell = bell;
        cursors.Tail = Closed;
    }

    /// <summary>Gets how many items were ever accepted. Any thread.</summary>
    public long Accepted => Volatile.Read(ref cursors.Tail) & Position;

    /// <summary>Gets how many items have left the ring. Any thread.</summary>
    public long Taken => Volatile.Read(ref cursors.Head);

    /// <summary>Gets how many items were refused because the ring was full. Any thread.</summary>
    public long Refused => Volatile.Read(ref cursors.Refused);

    /// <summary>Gets whether the ring is closed and accepts no items. Any thread.</summary>
    public bool IsClosed => Volatile.Read(ref cursors.Tail) < 0;

    /// <summary>Gets whether the consumer sleeps until an item arrives. Any thread.</summary>
    public bool IsParked => (Volatile.Read(ref cursors.Tail) & Parked) != 0;

    /// <summary>
    /// Adds an item. Any thread; no lock, no allocation. Only the producer that finds the consumer asleep also signals
    /// its event.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EnqueueStatus Enqueue(T item)
    {
        while (true)
        {
            var tail = Volatile.Read(ref cursors.Tail);
            if ((ulong)(tail - Volatile.Read(ref cursors.KnownHead)) >= (ulong)capacity)
                return EnqueueSlowly(item);
            if (Interlocked.CompareExchange(ref cursors.Tail, tail + 1, tail) != tail)
                continue;
            Publish(tail, item);
            return EnqueueStatus.Accepted;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    EnqueueStatus EnqueueSlowly(T item)
    {
        var accepted = TryReserve(1, out var first, out var wake);
        if (accepted <= 0)
            return accepted == 0 ? EnqueueStatus.Full : EnqueueStatus.NotStarted;
        Publish(first, item);
        if (wake)
            bell.Set();
        return EnqueueStatus.Accepted;
    }

    /// <summary>
    /// Adds the first items, as many as there is room for, side by side. Any thread; no lock, no allocation.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="status">Accepted when all items were accepted, otherwise the reason why the rest was not.</param>
    /// <returns>The number of items accepted.</returns>
    public int EnqueueBatch(ReadOnlySpan<T> items, out EnqueueStatus status)
    {
        var accepted = TryReserve(items.Length, out var first, out var wake);
        status =
            accepted < 0 ? EnqueueStatus.NotStarted
            : accepted < items.Length ? EnqueueStatus.Full
            : EnqueueStatus.Accepted;
        if (accepted <= 0)
            return 0;
        for (var i = 0; i < accepted; i++)
            Publish(first + i, items[i]);
        if (wake)
            bell.Set();
        return accepted;
    }

    /// <summary>
    /// Reserves up to <paramref name="wanted"/> positions and returns their number; 0: full; -1: closed.
    /// </summary>
    int TryReserve(int wanted, out long first, out bool wake)
    {
        while (true)
        {
            var tail = Volatile.Read(ref cursors.Tail);
            first = tail & Position;
            wake = (tail & Parked) != 0;
            if (tail < 0)
                return -1;

            // The head is read after the tail, so "full" was true when the head was read. An older number may overwrite
            // a newer one in KnownHead; the only effect is that a producer looks again.
            var head = Volatile.Read(ref cursors.Head);
            Volatile.Write(ref cursors.KnownHead, head);
            var room = capacity - (first - head);
            if (room > capacity)
                continue; // The tail value is outdated: the consumer has passed it.
            var count = (int)Math.Min(room, wanted);
            if (count <= 0)
            {
                if (wanted > 0)
                    Interlocked.Add(ref cursors.Refused, wanted);
                return 0;
            }

            if (Interlocked.CompareExchange(ref cursors.Tail, first + count, tail) != tail)
                continue;
            if (count < wanted)
                Interlocked.Add(ref cursors.Refused, wanted - count);
            return count;
        }
    }

    /// <summary>
    /// Returns how many items from the head on are published and contiguous in memory: fewer than published if they
    /// wrap around the end of the array. Only the consumer, which may then read the items.
    /// </summary>
    public int CountReady(int max)
    {
        var head = cursors.Head;
        var index = (int)(head & mask);
        var rounds = this.rounds.AsSpan(index, Math.Min(max, this.rounds.Length - index));
        var other = rounds.IndexOfAnyExcept(GetRound(head));
        // The search uses plain reads: this barrier keeps reads of the items from moving before it. Pairs with the
        // release in Publish.
        Volatile.ReadBarrier();
        return other < 0 ? rounds.Length : other;
    }

    /// <summary>
    /// Returns whether item number <paramref name="count"/> from the head on is published, so that a batch of that many
    /// items is complete or soon will be. Does not touch the cache lines that producers are writing now, unless they
    /// have come that far. Only the consumer.
    /// </summary>
    public bool IsAhead(int count)
    {
        var position = cursors.Head + Math.Min(count, capacity) - 1;
        return Volatile.Read(ref rounds[(int)(position & mask)]) == GetRound(position);
    }

    /// <summary>
    /// Returns whether more than <paramref name="ready"/> items can become ready before some are released. Only the
    /// consumer.
    /// </summary>
    public bool CanGrow(int ready) => ready < Math.Min(capacity, items.Length - (int)(cursors.Head & mask));

    /// <summary>
    /// Returns the first <paramref name="count"/> items, which <see cref="CountReady"/> has found. Only the consumer.
    /// </summary>
    public ReadOnlyMemory<T> Peek(int count) => items.AsMemory((int)(cursors.Head & mask), count);

    /// <summary>
    /// Frees the places of the first <paramref name="count"/> items for the producers. Only the consumer.
    /// </summary>
    public void Release(int count)
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            Array.Clear(items, (int)(cursors.Head & mask), count); // So that the ring keeps no settled item alive.
        // Release: the items are read and cleared before a producer can see that their places are free.
        Volatile.Write(ref cursors.Head, cursors.Head + count);
    }

    /// <summary>
    /// Marks the consumer as asleep, if no position beyond the first <paramref name="seen"/> items is reserved and the
    /// ring is open. Only the consumer.
    /// </summary>
    public bool TryPark(int seen)
    {
        var expected = cursors.Head + seen;
        return Interlocked.CompareExchange(ref cursors.Tail, expected | Parked, expected) == expected;
    }

    /// <summary>Marks the consumer as awake again, whatever woke it. Only the consumer.</summary>
    public void Unpark() => Interlocked.And(ref cursors.Tail, ~Parked);

    /// <summary>Opens the ring to producers. Must not run at the same time as <see cref="Close"/>.</summary>
    public void Open() => Interlocked.And(ref cursors.Tail, ~Closed);

    /// <summary>
    /// Closes the ring: no more items are accepted, and <see cref="Accepted"/> no longer changes. The caller must wake
    /// the consumer.
    /// </summary>
    public void Close() => Interlocked.Or(ref cursors.Tail, Closed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Publish(long position, T item)
    {
        // The mask is the arrays' length minus one, so the index is always inside. The array's type is always exactly
        // T[], so the type check of a plain store of a reference is not needed.
        var index = (nint)(position & mask);
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(items), index) = item;
        // Release: a thread that reads the round also sees the item.
        Volatile.Write(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rounds), index), GetRound(position));
    }

    /// <summary>
    /// Returns the number of the round through the array, from 1 because a new array holds zeros. A place only ever
    /// holds the previous round or this one, so wrapping of the number does no harm.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte GetRound(long position) => (byte)((position >> shift) + 1);
}
