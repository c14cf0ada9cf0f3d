using System.Runtime.InteropServices;

namespace ConveyorActors.Http.Records;

/// <summary>
/// The bytes of a body that were received and not taken as items yet, in one piece. Small items are slices of its
/// blocks, so that they need no copy of their own.
/// </summary>
/// <remarks>Not safe for use by many threads. A byte that belongs to an item is never written again.</remarks>
sealed class ReceivedBytes(int blockBytes = ReceivedBytes.BlockBytes)
{
    /// <summary>
    /// Maximum bytes of a block that items share: an item that is kept for a long time keeps few others in memory.
    /// </summary>
    public const int BlockBytes = 16 << 10;

    byte[] block = [];
    int begin,
        end;

    public ReadOnlySpan<byte> Unread => block.AsSpan(begin, end - begin);

    /// <summary>Copies as many bytes as the block has room for, at least one. Returns their number.</summary>
    public int Fill(ReadOnlySpan<byte> received)
    {
        if (end == block.Length)
            BeginBlock(received.Length);
        var length = Math.Min(received.Length, block.Length - end);
        received[..length].CopyTo(block.AsSpan(end));
        end += length;
        return length;
    }

    /// <summary>Takes the first unread bytes as an item.</summary>
    public ReadOnlyMemory<byte> Take(int length)
    {
        var taken = block.AsMemory(begin, length);
        begin += length;
        return taken;
    }

    /// <summary>
    /// Returns bytes of an item that may be kept for a long time: the same or, if they are many or in a block that was
    /// made for a large item, a copy. Otherwise one small record could keep megabytes in memory.
    /// </summary>
    public static ReadOnlyMemory<byte> ToKeep(ReadOnlyMemory<byte> bytes) =>
        bytes.Length <= BlockBytes / 4
        && MemoryMarshal.TryGetArray(bytes, out var within)
        && within.Array!.Length <= BlockBytes
            ? bytes
            : bytes.ToArray();

    /// <summary>Skips the first unread bytes.</summary>
    public void Skip(int length) => begin += length;

    /// <summary>
    /// Moves the unread bytes to a new block. The first block has room for what has arrived, and each further one for
    /// twice as much as the one before: a short body does not keep a large block in memory.
    /// </summary>
    void BeginBlock(int received)
    {
        var unread = Unread;
        var wanted = block.Length == 0 ? received : 2 * block.Length;
        var next = GC.AllocateUninitializedArray<byte>(Math.Max(Math.Min(wanted, blockBytes), 2 * unread.Length));
        unread.CopyTo(next);
        (block, begin, end) = (next, 0, unread.Length);
    }
}
