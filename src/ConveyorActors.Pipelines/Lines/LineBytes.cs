namespace ConveyorActors.Pipelines.Lines;

/// <summary>
/// Copies lines from a reader's buffer, many into one array, because a small array for each line costs more than the
/// copy.
/// </summary>
/// <remarks>
/// Not safe for use by many threads. An array lives as long as any of its lines, so it is small: a line that is kept
/// for long, such as a dead letter, keeps at most <see cref="BlockSize"/> bytes of others.
/// </remarks>
sealed class LineBytes
{
    const int BlockSize = 16 << 10,
        OwnArray = 2 << 10;

    byte[] block = [];
    int used;

    /// <summary>Returns a copy of a line, which stays valid as long as it is referenced.</summary>
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
