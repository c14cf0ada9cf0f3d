using System.Buffers;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>The lines of one exchange as the bytes that a command reads, in blocks of whole lines.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class LineFeed(HeaderLines header, ReadOnlyMemory<ConveyorRecord> lines, byte lineEnd) : IDisposable
{
    const int BlockSize = 64 << 10;

    byte[] block = ArrayPool<byte>.Shared.Rent(BlockSize);
    int start,
        end;

    /// <summary>Gets the number of lines, including those of the header.</summary>
    public int Count => header.Lines.Count + lines.Length;

    /// <summary>Gets how many lines the command may have read so far.</summary>
    public int Given { get; private set; }

    /// <summary>Gets whether no bytes are left to write.</summary>
    public bool IsDone => start == end && (isStopped || Given == Count);

    bool isStopped;

    /// <summary>Returns the bytes to write next; empty at the end.</summary>
    public ReadOnlySpan<byte> GetNext()
    {
        if (start == end && !isStopped)
            Fill();
        return block.AsSpan(start, end - start);
    }

    /// <summary>Gets the number of bytes that were written to the command.</summary>
    public long Written { get; private set; }

    /// <summary>Marks the given number of bytes as written.</summary>
    public void MarkWritten(int count)
    {
        start += count;
        Written += count;
    }

    /// <summary>Ends the feed after the current block, so that its last line is complete.</summary>
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
