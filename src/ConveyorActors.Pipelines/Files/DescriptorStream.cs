using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Reads and writes a descriptor at its current position, which it shares with other programs. A
/// <see cref="FileStream"/> keeps a position of its own and would leave the shared position unchanged.
/// </summary>
/// <remarks>Supports one reader or writer at a time.</remarks>
sealed class DescriptorStream(SafeFileHandle file, FileAccess access) : Stream
{
    /// <summary>Gets the descriptor.</summary>
    public SafeFileHandle Handle => file;

    public override bool CanRead => access == FileAccess.Read;
    public override bool CanWrite => access == FileAccess.Write;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException("a shared descriptor has no length of its own");
    public override long Position
    {
        get => throw new NotSupportedException("a shared descriptor has no position of its own");
        set => throw new NotSupportedException("a shared descriptor does not support seeking");
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0)
            return 0;
        while (true)
        {
            var count = Libc.Read(file, ref MemoryMarshal.GetReference(buffer), buffer.Length);
            if (count >= 0)
                return (int)count;
            WaitOrThrow(Libc.PollIn);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = Libc.Write(file, ref MemoryMarshal.GetReference(buffer), buffer.Length);
            if (count < 0)
                WaitOrThrow(Libc.PollOut);
            else
                buffer = buffer[(int)count..];
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    // The calls may block forever, so each runs on its own thread pool thread.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Write(buffer.Span), cancellationToken));

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("a shared descriptor does not support seeking");

    public override void SetLength(long value) =>
        throw new NotSupportedException("a shared descriptor cannot be truncated");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    void WaitOrThrow(short events)
    {
        var error = Libc.LastError;
        if (error == Libc.Interrupted)
            return;
        if (error != Libc.TryAgain)
            throw new IOException(Libc.GetMessage(error), error);
        var poll = new Libc.PollDescriptor { Descriptor = (int)file.DangerousGetHandle(), Events = events };
        _ = Libc.Poll(ref poll, 1, -1);
    }
}
