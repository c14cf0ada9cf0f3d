using System.Runtime.InteropServices;

namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The moving positions of a ring, each group of writers on cache lines of its own (128 bytes: two lines are fetched as
/// a pair).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4 * Apart)]
struct RingCursors
{
    public const int Apart = 128;

    /// <summary>
    /// Written by producers: the next position to reserve, and the two flags of <see cref="CoreRing{T}"/> in its
    /// highest bits.
    /// </summary>
    [FieldOffset(1 * Apart)]
    public long Tail;

    /// <summary>
    /// Written by producers: a <see cref="Head"/> seen lately, so that only a ring that looks full makes them touch the
    /// consumer's line.
    /// </summary>
    [FieldOffset((1 * Apart) + sizeof(long))]
    public long KnownHead;

    /// <summary>Written by the consumer, once a batch: the next position to take.</summary>
    [FieldOffset(2 * Apart)]
    public long Head;

    /// <summary>Written by producers that found the ring full.</summary>
    [FieldOffset(3 * Apart)]
    public long Refused;
}
