namespace ConveyorActors.Cli.Top;

/// <summary>Reads a stream of events, and refuses an event of too many bytes before it takes the memory.</summary>
/// <param name="inner">The stream, which the caller disposes.</param>
/// <param name="maxBytes">The maximum bytes between two calls of <see cref="Restart"/>.</param>
/// <param name="onReceived">
/// Called when bytes were received, also those of comments, which are no events: the server lives.
/// </param>
sealed class BoundedStream(Stream inner, int maxBytes, Action onReceived) : Stream
{
    long count;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Counts from zero again: an event has ended.</summary>
    public void Restart() => count = 0;

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    ) => Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    int Count(int read)
    {
        if ((count += read) > maxBytes)
            throw new IOException($"an event has more than {maxBytes} bytes");
        if (read > 0)
            onReceived();
        return read;
    }
}
