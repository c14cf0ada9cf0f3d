using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>Reads an open file from an offset without changing the file's position.</summary>
/// <param name="file">The file.</param>
/// <param name="at">The offset of the first byte to read.</param>
/// <param name="trail">Receives the bytes read, so that it has the last ones; null: none.</param>
sealed class FileReading(SafeFileHandle file, long at, FileEnd? trail = null) : Stream
{
    long at = at;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("a part of a file does not support seeking");
    public override long Position
    {
        get => at;
        set => throw new NotSupportedException("a part of a file does not support seeking");
    }

    public override int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(file, buffer, at);
        at += count;
        trail?.Add(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("a part of a file does not support seeking");

    public override void SetLength(long value) => throw new NotSupportedException("a part of a file is read-only");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("a part of a file is read-only");
}
