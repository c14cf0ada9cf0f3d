namespace ConveyorActors.Http.Records;

/// <summary>
/// The bytes of a body that were received and not taken as items yet, in one piece. Items are slices of its blocks, so
/// that a record needs no copy of its own.
/// </summary>
/// <remarks>Not safe for use by many threads. A byte that belongs to an item is never written again.</remarks>
sealed class ReceivedBytes(int blockBytes = ReceivedBytes.BlockBytes)
{
    /// <summary>
    /// Size in bytes of a block: a record that is kept for a long time keeps few others in memory with it.
    /// </summary>
    public const int BlockBytes = 8 << 10;

    byte[] block = [];
    int begin,
        end;

    public ReadOnlySpan<byte> Unread => block.AsSpan(begin, end - begin);

    /// <summary>Copies as many bytes as the block has room for, at least one. Returns their number.</summary>
    public int Fill(ReadOnlySpan<byte> received)
    {
        if (end == block.Length)
            BeginBlock();
        var length = Math.Min(received.Length, block.Length - end);
        received[..length].CopyTo(block.AsSpan(end));
        end += length;
        return length;
    }

    /// <summary>Takes the first unread bytes.</summary>
    public ReadOnlyMemory<byte> Take(int length)
    {
        var taken = block.AsMemory(begin, length);
        begin += length;
        return taken;
    }

    /// <summary>Skips the first unread bytes.</summary>
    public void Skip(int length) => begin += length;

    /// <summary>Moves the unread bytes to a block of their own, with room for as many again.</summary>
    void BeginBlock()
    {
        var unread = Unread;
        var next = GC.AllocateUninitializedArray<byte>(Math.Max(blockBytes, 2 * unread.Length));
        unread.CopyTo(next);
        (block, begin, end) = (next, 0, unread.Length);
    }
}
