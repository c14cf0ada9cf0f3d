using System.Runtime.InteropServices;

namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The positions of a ring. The fields of each group of writers are on cache lines of their own (128 bytes apart,
/// because lines are fetched in pairs).
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
    /// Written by producers: a recently read <see cref="Head"/>, so that producers touch the consumer's cache line only
    /// when the ring looks full.
    /// </summary>
    [FieldOffset((1 * Apart) + sizeof(long))]
    public long KnownHead;

    /// <summary>Written by the consumer once for each batch: the next position to take.</summary>
    [FieldOffset(2 * Apart)]
    public long Head;

    /// <summary>Written by producers that found the ring full.</summary>
    [FieldOffset(3 * Apart)]
    public long Refused;
}
