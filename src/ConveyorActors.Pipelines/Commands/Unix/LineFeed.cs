using System.Buffers;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>The lines of one exchange as the bytes that a command reads, in blocks of whole lines.</summary>
/// <remarks>For one thread.</remarks>
sealed class LineFeed(HeaderLines header, ReadOnlyMemory<ConveyorRecord> lines, byte lineEnd) : IDisposable
{
    const int BlockSize = 64 << 10;

    byte[] block = ArrayPool<byte>.Shared.Rent(BlockSize);
    int start,
        end;

    /// <summary>Gets the number of lines, the header's included.</summary>
    public int Count => header.Lines.Count + lines.Length;

    /// <summary>Gets how many lines the command may have read by now.</summary>
    public int Given { get; private set; }

    /// <summary>Gets whether no bytes are left to write.</summary>
    public bool IsDone => start == end && (isStopped || Given == Count);

    bool isStopped;

    /// <summary>Gets the bytes to write next; empty at the end.</summary>
    public ReadOnlySpan<byte> Next()
    {
        if (start == end && !isStopped)
            Fill();
        return block.AsSpan(start, end - start);
    }

    /// <summary>Takes these bytes as written.</summary>
    public void Written(int count) => start += count;

    /// <summary>Gives no more lines than those in the current block, so that the last line is whole.</summary>
    public void Stop() => isStopped = true;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(block);
        block = [];
        start = end = 0;
    }

    void Fill()
    {
        start = end = 0;
        for (; Given < Count; Given++)
        {
            var line =
                Given < header.Lines.Count
                    ? header.Lines[Given].Span
                    : lines.Span[Given - header.Lines.Count].Payload.Span;
            if (line.Length + 1 > block.Length - end)
            {
                if (end > 0)
                    return;
                ArrayPool<byte>.Shared.Return(block);
                block = ArrayPool<byte>.Shared.Rent(line.Length + 1);
            }
            line.CopyTo(block.AsSpan(end));
            end += line.Length;
            block[end++] = lineEnd;
        }
    }
}
