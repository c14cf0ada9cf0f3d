using System.Buffers;

namespace ConveyorActors.Pipelines.Lines;

/// <summary>One line in the reader's buffer, without its line end.</summary>
/// <param name="bytes">
/// The bytes of the line, or the beginning of a line that is too long. Valid until the reader is used again.
/// </param>
/// <param name="number">The number of the line, from 1.</param>
/// <param name="isTooLong">Whether the line had more bytes than the limit.</param>
/// <param name="hasEnd">False for the last line of a stream if it has no line end.</param>
readonly ref struct Line(ReadOnlySpan<byte> bytes, long number, bool isTooLong, bool hasEnd)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public long Number { get; } = number;
    public bool IsTooLong { get; } = isTooLong;
    public bool HasEnd { get; } = hasEnd;
}

/// <summary>
/// Splits a stream of any bytes at \n or NUL, holding at most one line. A last line without a line end is a line; \r
/// belongs to its line.
/// </summary>
/// <remarks>
/// Supports one thread at a time. Call <see cref="TryRead"/> until it returns false, then <see cref="FillAsync"/>; when
/// that returns false (the end), call <see cref="TryRead"/> once more for a last line without a line end. A line over
/// the limit is skipped while it is read.
/// </remarks>
sealed class LineReader(Stream stream, int maxLine, byte lineEnd = LineReader.Newline) : IDisposable
{
    public const byte Newline = (byte)'\n',
        Null = 0;

    const int FirstSize = 64 << 10;

    /// <summary>Number of bytes kept of a line that is too long, to identify it.</summary>
    const int KeptOfTooLong = 1024;

    byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    int start,
        end,
        searched;
    long number,
        lineStart,
        takenStart;
    bool atEnd,
        skipping,
        filling;
    byte[] beginning = [];

    /// <summary>
    /// Gets whether the stream may continue after its end, as a growing file does. A last line without a line end then
    /// waits for it. Default false.
    /// </summary>
    public bool GoesOn { get; init; }

    /// <summary>Gets whether the stream has reached its end.</summary>
    public bool IsAtEnd => atEnd;

    /// <summary>Gets the number of bytes read from the stream so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>
    /// Gets the position after the last line: where the next line begins, and how many lines are before it.
    /// </summary>
    public SourcePosition Position => new(BytesRead - (end - start), number);

    /// <summary>
    /// Gets the offset where the line after the last one begins, even while only a part of that line has been read.
    /// </summary>
    public long LineStart => lineStart;

    /// <summary>
    /// Ends the stream, which does not continue: a last line without a line end is returned as a line from here on.
    /// </summary>
    public void End() => atEnd = true;

    /// <summary>Continues the numbering of lines after a number.</summary>
    /// <param name="before">The number of lines before the next one.</param>
    public void Renumber(long before) => number = before;

    /// <summary>Takes back the last line, as if it had not been read. Only for a line without a line end.</summary>
    /// <returns>The number of bytes of the line.</returns>
    public long UnreadLine()
    {
        var bytes = BytesRead - takenStart;
        BytesRead = lineStart = takenStart;
        start = searched = end;
        number--;
        return bytes;
    }

    /// <summary>
    /// Continues where an earlier reader of the same stream stopped. Must be called before anything is read.
    /// </summary>
    public void StartAt(SourcePosition position) =>
        (BytesRead, lineStart, number) = (position.Offset, position.Offset, position.Number);

    public bool TryRead(out Line line)
    {
        var newline = buffer.AsSpan(searched, end - searched).IndexOf(lineEnd);
        if (newline < 0)
        {
            searched = end;
            if (end - start > maxLine || skipping)
                Skip();
            else if (atEnd && end > start)
                return Take(end, end, out line);
            if (atEnd && skipping)
                return Take(end, end, out line);
            line = default;
            return false;
        }
        newline += searched;
        if (!skipping && newline - start > maxLine)
            Skip(newline);
        return Take(newline, newline + 1, out line);
    }

    /// <summary>Reads more bytes. Returns false at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        filling = true;
        // A read of a terminal or a pipe may block forever and cannot be cancelled, but waiting for it can.
        var read = stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        var count = read.IsCompleted
            ? await read.ConfigureAwait(false)
            : await read.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        filling = false;
        end += count;
        BytesRead += count;
        atEnd = count == 0 && !GoesOn;
        return count > 0;
    }

    /// <summary>Returns the buffer to its pool, unless an abandoned read may still write to it.</summary>
    public void Dispose()
    {
        if (!filling)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        start = end = searched = 0;
    }

    bool Take(int last, int next, out Line line)
    {
        var bytes = skipping ? beginning : buffer.AsSpan(start, last - start);
        line = new Line(bytes, ++number, skipping, hasEnd: next > last);
        skipping = false;
        start = searched = next;
        (takenStart, lineStart) = (lineStart, BytesRead - (end - start));
        return true;
    }

    void Skip() => Skip(end);

    void Skip(int until)
    {
        if (!skipping)
            beginning = buffer.AsSpan(start, Math.Min(until - start, Math.Min(maxLine, KeptOfTooLong))).ToArray();
        skipping = true;
        start = searched = until;
    }

    void MakeRoom()
    {
        if (start == end)
            start = end = searched = 0;
        if (end < buffer.Length)
            return;
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            searched -= start;
            start = 0;
        }
        if (end < buffer.Length / 2)
            return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, Array.MaxLength));
        buffer.AsSpan(0, end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
