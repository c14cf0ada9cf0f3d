namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Decompresses gzip data whose last member may be incomplete because its writer was killed. The readable part of that
/// member is returned without an error.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class GzipTail(Stream compressed) : Stream
{
    readonly GzipReading whole = new(compressed);

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return whole.Read(buffer);
        }
        catch (GzipException e) when (e.IsCutShort)
        {
            return 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => whole.Length;
    public override long Position
    {
        get => whole.Position;
        set => whole.Position = value;
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => whole.Seek(offset, origin);

    public override void SetLength(long value) => whole.SetLength(value);

    public override void Write(byte[] buffer, int offset, int count) => whole.Write(buffer, offset, count);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            whole.Dispose();
        base.Dispose(disposing);
    }
}
