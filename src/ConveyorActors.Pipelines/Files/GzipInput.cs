using System.Buffers.Binary;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// The compressed bytes of a <see cref="GzipReading"/>: read for the header and the trailer of a member here, and by
/// .NET's decompressor for what is between. The decompressor takes more than it needs and does not say how much that
/// was, so the trailer is looked for in what it took last.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class GzipInput(Stream compressed) : Stream
{
    const int BufferSize = 64 << 10,
        MostTaken = 8 << 10,
        TrailerSize = 8;

    /// <summary>
    /// Bytes of a member that the decompressor gets one by one: there it is known to the byte where the member ends. A
    /// member of no bytes is so short, and its trailer, all zeros, could be found too early.
    /// </summary>
    const int TakenSingly = 64;

    readonly byte[] buffer = new byte[BufferSize];
    int at,
        end,
        kept,
        singly;
    long before;
    bool atEnd;

    /// <summary>The place of the next byte.</summary>
    public long Offset => before + at;

    /// <summary>Gets how many bytes have been taken out of the compressed stream.</summary>
    public long BytesRead => before + end;

    /// <summary>True once the decompressor wanted more than there is.</summary>
    public bool RanOut { get; private set; }

    /// <summary>The next byte, which stays the next; -1 at the end.</summary>
    public int Peek()
    {
        kept = at;
        return Have(1) ? buffer[at] : -1;
    }

    /// <summary>Takes the next byte; -1 at the end.</summary>
    public int Next()
    {
        var next = Peek();
        if (next >= 0)
            at++;
        return next;
    }

    /// <summary>What comes next is for the decompressor.</summary>
    public void BeginBody() => (kept, singly) = (at, TakenSingly);

    /// <summary>
    /// Finds the trailer of a member that the decompressor has come to the end of, and goes on after it.
    /// </summary>
    /// <param name="checksum">What the trailer must say.</param>
    /// <param name="size">Likewise.</param>
    /// <param name="hasRoom">False when there are too few bytes for a trailer.</param>
    /// <returns>False when it is not there.</returns>
    public bool TakeTrailer(uint checksum, uint size, out bool hasRoom)
    {
        hasRoom = Have(TrailerSize);
        // At least one byte of what was taken last belongs to the member.
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

    /// <summary>Begins anew at the beginning of a compressed stream that can be moved.</summary>
    public void Rewind()
    {
        compressed.Position = 0;
        (at, end, kept, before, atEnd, RanOut) = (0, 0, 0, 0, false, false);
    }

    public override int Read(Span<byte> buffer)
    {
        kept = at;
        if (!Have(1))
        {
            RanOut = true;
            return 0;
        }
        var count = Math.Min(singly > 0 ? 1 : MostTaken, Math.Min(buffer.Length, end - at));
        singly = Math.Max(0, singly - count);
        this.buffer.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("compressed bytes are read as they come");
    public override long Position
    {
        get => Offset;
        set => throw new NotSupportedException("compressed bytes are read as they come");
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("compressed bytes are read as they come");

    public override void SetLength(long value) => throw new NotSupportedException("compressed bytes are only read");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("compressed bytes are only read");

    /// <summary>
    /// Reads on until there are so many bytes that were not taken. False when the stream ends before.
    /// </summary>
    bool Have(int count)
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
