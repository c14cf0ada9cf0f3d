namespace ConveyorActors.Http.Records;

/// <summary>
/// The bytes of a body that were received and not taken as items yet, in one piece. Small items are slices of its
/// blocks, so that they need no copy of their own.
/// </summary>
/// <remarks>Not safe for use by many threads. A byte that belongs to an item is never written again.</remarks>
sealed class ReceivedBytes
{
    /// <summary>
    /// Maximum bytes of a block that items share: an item that is kept for a long time keeps few others in memory.
    /// </summary>
    public const int BlockBytes = 16 << 10;

    /// <summary>
    /// Maximum bytes of a block whose items may be duplicates of others, or are mostly dropped: the only one among many
    /// that is accepted keeps the block.
    /// </summary>
    public const int SmallBlockBytes = 2 << 10;

    const int FirstBytes = 256;

    /// <summary>A line end, or a comma and a blank.</summary>
    const int SeparatorBytes = 2;

    int blockBytes;
    byte[] block = [];
    int begin,
        end,
        kept; // bytes of the block that belong to kept items, with their separators

    bool startsNewBlock; // with the next item, although this block is not full

    /// <summary>Initializes an empty buffer.</summary>
    /// <param name="blockBytes">Maximum bytes of a block that items share.</param>
    public ReceivedBytes(int blockBytes = BlockBytes) => this.blockBytes = blockBytes;

    /// <summary>Makes further blocks small, from the next item on.</summary>
    public void UseSmallBlocks()
    {
        startsNewBlock |= block.Length > SmallBlockBytes;
        blockBytes = Math.Min(blockBytes, SmallBlockBytes);
    }

    public ReadOnlySpan<byte> Unread => block.AsSpan(begin, end - begin);

    /// <summary>Copies as many bytes as the block has room for, at least one. Returns their number.</summary>
    public int Fill(ReadOnlySpan<byte> received)
    {
        if (end == block.Length || (startsNewBlock && begin == end))
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
    /// Returns bytes of the item that was taken last, to be kept for a long time: the same, or a copy if they are many
    /// or if too much of their block belongs to no kept item, such as blanks and large items. Otherwise one small record
    /// could keep a whole block in memory.
    /// </summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlyMemory<byte> bytes)
    {
        var others = begin - kept - bytes.Length;
        if (bytes.Length > blockBytes / 4 || block.Length > blockBytes || others > block.Length / 4)
            return bytes.ToArray();
        kept += bytes.Length + SeparatorBytes;
        return bytes;
    }

    /// <summary>Skips the first unread bytes.</summary>
    public void Skip(int length) => begin += length;

    /// <summary>
    /// Moves the unread bytes to a new block. The first block is small, and each further one has twice the size of the
    /// one before: a short body, or the few first records of one that are accepted, keep no large block in memory.
    /// </summary>
    void BeginBlock(int received)
    {
        var unread = Unread;
        var wanted = block.Length == 0 ? Math.Min(received, FirstBytes) : 2 * block.Length;
        var next = GC.AllocateUninitializedArray<byte>(Math.Max(Math.Min(wanted, blockBytes), 2 * unread.Length));
        unread.CopyTo(next);
        (block, begin, end, kept, startsNewBlock) = (next, 0, unread.Length, 0, false);
    }
}
