namespace ConveyorActors.Pipelines.Lines;

/// <summary>
/// Copies lines out of a reader's buffer, many into one array: a small array for each line costs more than the copy.
/// </summary>
/// <remarks>
/// One thread. An array lives as long as any of its lines, so it is small: a line that stays for long, such as a dead
/// letter, holds no more than <see cref="BlockSize"/> bytes of others.
/// </remarks>
sealed class LineBytes
{
    const int BlockSize = 16 << 10,
        OwnArray = 2 << 10;

    byte[] block = [];
    int used;

    /// <summary>Returns a copy of a line, valid as long as it is referred to.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> line)
    {
        if (line.Length == 0)
            return default;
        if (line.Length >= OwnArray)
            return line.ToArray();
        if (line.Length > block.Length - used)
            (block, used) = (GC.AllocateUninitializedArray<byte>(BlockSize), 0);
        var copy = block.AsMemory(used, line.Length);
        line.CopyTo(copy.Span);
        used += line.Length;
        return copy;
    }
}
