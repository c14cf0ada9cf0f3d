using System.IO.Compression;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Decompresses a stream in gzip format (RFC 1952): all members, and zeros after the last one. Unlike .NET's GZipStream
/// it fails if the data is damaged, ends too soon, or is followed by anything else, after returning the bytes before
/// the error.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class GzipReading(Stream compressed) : Stream
{
    const int Magic1 = 0x1F,
        Magic2 = 0x8B,
        Deflate = 8;
    const int HasHeaderChecksum = 2,
        HasExtra = 4,
        HasName = 8,
        HasComment = 16,
        Unknown = 0xE0;

    readonly GzipInput input = new(compressed);
    readonly byte[] plain = new byte[16 << 10];
    DeflateStream? body;
    Crc32 checksum;
    uint size;
    int plainAt,
        plainEnd;
    bool hasMember;
    GzipException? failure;

    /// <summary>Gets the compressed stream.</summary>
    public Stream Compressed => compressed;

    /// <summary>Gets the number of compressed bytes read.</summary>
    public long CompressedBytesRead => input.BytesRead;

    /// <summary>Gets the offset of the end of the last member that was read completely.</summary>
    public long WholeMembers { get; private set; }

    /// <summary>Skips bytes of the decompressed data.</summary>
    /// <returns>The number of bytes skipped, and the last of them; -1: none.</returns>
    public (long Skipped, int Last) Skip(long count)
    {
        long skipped = 0;
        var last = -1;
        while (skipped < count && EnsureDecompressed())
        {
            var part = (int)Math.Min(count - skipped, plainEnd - plainAt);
            plainAt += part;
            skipped += part;
            last = plain[plainAt - 1];
        }
        return (skipped, last);
    }

    /// <summary>Returns the next byte without taking it; -1 at the end.</summary>
    public int Peek() => EnsureDecompressed() ? plain[plainAt] : -1;

    /// <summary>Starts again at the beginning of a seekable compressed stream.</summary>
    public void Rewind()
    {
        input.Rewind();
        body?.Dispose();
        (body, plainAt, plainEnd, hasMember, failure, WholeMembers) = (null, 0, 0, false, null, 0);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0 || !EnsureDecompressed())
            return 0;
        var count = Math.Min(buffer.Length, plainEnd - plainAt);
        plain.AsSpan(plainAt, count).CopyTo(buffer);
        plainAt += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    // The compressed data may come through a pipe, whose reads may block forever.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("its decompressed length is not known");
    public override long Position
    {
        get => throw new NotSupportedException("it does not support seeking");
        set => throw new NotSupportedException("it does not support seeking");
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("it does not support seeking");

    public override void SetLength(long value) => throw new NotSupportedException("it is read-only");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("it is read-only");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            compressed.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Decompresses more bytes. Returns false at the end of the last member.</summary>
    bool EnsureDecompressed()
    {
        if (plainAt < plainEnd)
            return true;
        if (failure is not null)
            throw failure;
        try
        {
            return Decompress();
        }
        catch (GzipException e)
        {
            failure = e;
            throw;
        }
        catch (InvalidDataException)
        {
            throw failure = CreateDamagedError();
        }
    }

    bool Decompress()
    {
        while (true)
        {
            if (body is null && !BeginMember())
                return false;
            var count = body!.Read(plain, 0, plain.Length);
            if (count > 0)
            {
                (plainAt, plainEnd) = (0, count);
                checksum.Add(plain.AsSpan(0, count));
                size += (uint)count;
                return true;
            }
            if (input.RanOut)
                throw CreateCutShortError();
            if (!input.TakeTrailer(checksum.Value, size, out var hasRoom))
                throw hasRoom ? CreateDamagedError() : CreateTrailerError();
            body.Dispose();
            body = null;
            hasMember = true;
            WholeMembers = input.Offset;
        }
    }

    /// <summary>Reads the header of the next member. Returns false if there is none.</summary>
    bool BeginMember()
    {
        var isPadded = false;
        while (hasMember && input.Peek() == 0)
        {
            isPadded = true;
            input.TakeByte();
        }
        var first = input.Peek();
        if (first < 0)
            return hasMember ? false : throw CreateCutShortError();
        if (isPadded || input.TakeByte() != Magic1 || ReadByteOrThrow() != Magic2)
            throw new GzipException(
                hasMember ? $"the data after byte {WholeMembers} is not in gzip format" : "it is not in gzip format",
                isCutShort: false
            );
        if (ReadByteOrThrow() != Deflate)
            throw new GzipException("its compression method is not one of gzip", isCutShort: false);
        var flags = ReadByteOrThrow();
        if ((flags & Unknown) != 0)
            throw new GzipException("its header has flags that gzip does not define", isCutShort: false);
        SkipHeader(6);
        if ((flags & HasExtra) != 0)
            SkipHeader(ReadByteOrThrow() | (ReadByteOrThrow() << 8));
        if ((flags & HasName) != 0)
            SkipText();
        if ((flags & HasComment) != 0)
            SkipText();
        if ((flags & HasHeaderChecksum) != 0)
            SkipHeader(2);
        input.BeginBody();
        // The input stays open, because the next member is read from it too.
        body = new DeflateStream(input, CompressionMode.Decompress, leaveOpen: true);
        (checksum, size) = (default, 0);
        return true;
    }

    void SkipHeader(int count)
    {
        for (; count > 0; count--)
            ReadByteOrThrow();
    }

    void SkipText()
    {
        while (ReadByteOrThrow() != 0) { }
    }

    int ReadByteOrThrow() => input.TakeByte() is >= 0 and var next ? next : throw CreateCutShortError();

    static GzipException CreateCutShortError() =>
        new("unexpected end of file: its gzip data is truncated", isCutShort: true);

    /// <summary>Returns the error for a member that is not followed by a valid trailer.</summary>
    static GzipException CreateTrailerError() =>
        new("its gzip data is damaged or truncated at its end", isCutShort: true);

    static GzipException CreateDamagedError() => new("its gzip data is damaged", isCutShort: false);
}
