namespace ConveyorActors.Pipelines.Lines;

/// <summary>
/// Copies lines from a reader's buffer, many into one array, because a small array for each line costs more than the
/// copy.
/// </summary>
/// <remarks>
/// Not safe for use by many threads. An array lives as long as any of its lines, so it is small: a line that is kept
/// for long, such as a dead letter, keeps at most <see cref="BlockSize"/> bytes of others. Each array has twice the size
/// of the one before, up to that: few lines, such as the result of a small batch, do not keep a large array.
/// </remarks>
/// <param name="blockSize">
/// Maximum bytes of an array that lines share: <see cref="BlockSize"/>, or <see cref="SmallBlockSize"/> for lines of
/// which most may be dropped, because the only one that is not keeps the array.
/// </param>
sealed class LineBytes(int blockSize = LineBytes.BlockSize)
{
    public const int BlockSize = 16 << 10,
        SmallBlockSize = 256;

    const int FirstSize = 64;

    byte[] block = [];
    int used;

    /// <summary>Returns a copy of a line, which stays valid as long as it is referenced.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> line)
    {
        if (line.Length == 0)
            return default;
        if (line.Length >= blockSize / 8)
            return line.ToArray();
        if (line.Length > block.Length - used)
            BeginBlock(line.Length);
        var copy = block.AsMemory(used, line.Length);
        line.CopyTo(copy.Span);
        used += line.Length;
        return copy;
    }

    void BeginBlock(int least)
    {
        var size = Math.Clamp(2 * block.Length, FirstSize, blockSize);
        (block, used) = (GC.AllocateUninitializedArray<byte>(Math.Max(size, least)), 0);
    }
}
