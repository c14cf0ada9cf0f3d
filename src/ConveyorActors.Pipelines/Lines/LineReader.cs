using System.Buffers;

namespace ConveyorActors.Pipelines.Lines;

/// <summary>One line as it lies in the reader's buffer, its end not included.</summary>
/// <param name="bytes">
/// The line, or of one that is too long its beginning. Valid until the reader is used again.
/// </param>
/// <param name="number">From 1.</param>
/// <param name="isTooLong">True when the line had more bytes than the limit.</param>
/// <param name="hasEnd">False for a last line that the stream ends without ending.</param>
readonly ref struct Line(ReadOnlySpan<byte> bytes, long number, bool isTooLong, bool hasEnd)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public long Number { get; } = number;
    public bool IsTooLong { get; } = isTooLong;
    public bool HasEnd { get; } = hasEnd;
}

/// <summary>
/// Splits a stream of any bytes at \n or NUL, holding one line at most. A last line without an end is a line; \r
/// belongs to its line.
/// </summary>
/// <remarks>
/// For one thread at a time: <see cref="TryRead"/> until it says false, then <see cref="FillAsync"/> until that says
/// false (the end), then <see cref="TryRead"/> once more for a last line without an end. A line past the limit is
/// skipped as it streams by.
/// </remarks>
sealed class LineReader(Stream stream, int maxLine, byte lineEnd = LineReader.Newline) : IDisposable
{
    public const byte Newline = (byte)'\n',
        Null = 0;

    const int FirstSize = 64 << 10;

    /// <summary>Of a line that is too long, this much is kept to show which one it was.</summary>
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
    /// True where the stream may go on after its end, as a file that grows: then a last line without an end waits for
    /// it. Default false.
    /// </summary>
    public bool GoesOn { get; init; }

    /// <summary>True once the stream has come to its end.</summary>
    public bool IsAtEnd => atEnd;

    /// <summary>Bytes read from the stream so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Gets where the line after the last one begins, and how many lines lie before it.</summary>
    public SourcePosition Position => new(BytesRead - (end - start), number);

    /// <summary>Where the line after the last one begins, also while only a part of that line has been read.</summary>
    public long LineStart => lineStart;

    /// <summary>The stream does not go on: a last line without an end is a line from here on.</summary>
    public void End() => atEnd = true;

    /// <summary>Counts lines on from a number.</summary>
    /// <param name="before">How many lines lie before the next one.</param>
    public void Renumber(long before) => number = before;

    /// <summary>Forgets that the last line was read: it stays in the stream. Only of one without an end.</summary>
    /// <returns>How many bytes it has.</returns>
    public long Untake()
    {
        var bytes = BytesRead - takenStart;
        BytesRead = lineStart = takenStart;
        start = searched = end;
        number--;
        return bytes;
    }

    /// <summary>Goes on where an earlier reader of the same stream stopped. Before anything is read.</summary>
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

    /// <summary>Reads on. False at the end of the stream.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        filling = true;
        // Reading a terminal or a pipe may block for ever and cannot be called off; the wait for it can.
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

    /// <summary>Gives the buffer back, unless a read that was abandoned may still write to it.</summary>
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
