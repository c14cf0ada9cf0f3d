using System.Buffers.Binary;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// The compressed bytes of a <see cref="GzipReading"/>. The header and the trailer of a member are read here, the data
/// between them by .NET's decompressor. The decompressor takes more bytes than it needs without reporting how many, so
/// the trailer is searched in the bytes it took last.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class GzipInput(Stream compressed) : Stream
{
    const int BufferSize = 64 << 10,
        MaxTaken = 8 << 10,
        TrailerSize = 8;

    /// <summary>
    /// Number of bytes of a member that the decompressor gets one by one, so that the end of a short member is known
    /// exactly. The trailer of an empty member is all zeros, and could be found too early.
    /// </summary>
    const int TakenSingly = 64;

    readonly byte[] buffer = new byte[BufferSize];
    int at,
        end,
        kept,
        singly;
    long before;
    bool atEnd;

    /// <summary>Gets the offset of the next byte.</summary>
    public long Offset => before + at;

    /// <summary>Gets the number of bytes read from the compressed stream.</summary>
    public long BytesRead => before + end;

    /// <summary>Gets whether the decompressor requested bytes past the end of the stream.</summary>
    public bool RanOut { get; private set; }

    /// <summary>Returns the next byte without taking it; -1 at the end.</summary>
    public int Peek()
    {
        kept = at;
        return EnsureAvailable(1) ? buffer[at] : -1;
    }

    /// <summary>Takes the next byte; returns -1 at the end.</summary>
    public int TakeByte()
    {
        var next = Peek();
        if (next >= 0)
            at++;
        return next;
    }

    /// <summary>Begins the part of a member that the decompressor reads.</summary>
    public void BeginBody() => (kept, singly) = (at, TakenSingly);

    /// <summary>
    /// Finds the trailer after the decompressor has reached the end of a member, and continues after it.
    /// </summary>
    /// <param name="checksum">The checksum that the trailer must have.</param>
    /// <param name="size">The size that the trailer must have.</param>
    /// <param name="hasRoom">False if too few bytes remain for a trailer.</param>
    /// <returns>Whether the trailer was found.</returns>
    public bool TakeTrailer(uint checksum, uint size, out bool hasRoom)
    {
        hasRoom = EnsureAvailable(TrailerSize);
        // At least one of the bytes taken last belongs to the member.
        for (var place = kept + 1; place <= at && place + TrailerSize <= end; place++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(place)) != checksum)
                continue;
            if (BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(place + 4)) != size)
                continue;
            at = kept = place + TrailerSize;
            return true;
        }
        return false;
    }

    /// <summary>Starts again at the beginning of a seekable compressed stream.</summary>
    public void Rewind()
    {
        compressed.Position = 0;
        (at, end, kept, before, atEnd, RanOut) = (0, 0, 0, 0, false, false);
    }

    public override int Read(Span<byte> buffer)
    {
        kept = at;
        if (!EnsureAvailable(1))
        {
            RanOut = true;
            return 0;
        }
        var count = Math.Min(singly > 0 ? 1 : MaxTaken, Math.Min(buffer.Length, end - at));
        singly = Math.Max(0, singly - count);
        this.buffer.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("compressed input does not support seeking");
    public override long Position
    {
        get => Offset;
        set => throw new NotSupportedException("compressed input does not support seeking");
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("compressed input does not support seeking");

    public override void SetLength(long value) => throw new NotSupportedException("compressed input is read-only");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("compressed input is read-only");

    /// <summary>Reads until the given number of bytes is available. Returns false if the stream ends before.</summary>
    bool EnsureAvailable(int count)
    {
        while (end - at < count && !atEnd)
        {
            if (end == buffer.Length)
                MakeRoom();
            var read = compressed.Read(buffer, end, buffer.Length - end);
            end += read;
            atEnd = read == 0;
        }
        return end - at >= count;
    }

    void MakeRoom()
    {
        buffer.AsSpan(kept, end - kept).CopyTo(buffer);
        before += kept;
        at -= kept;
        end -= kept;
        kept = 0;
    }
}
