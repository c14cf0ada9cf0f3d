using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// What a command writes on standard output, as a stream that ends when the command has ended and nothing more comes.
/// Standard error is taken up on the way. A process in the background that keeps either open is not waited for longer
/// than a moment.
/// </summary>
/// <remarks>One thread, which it blocks; <see cref="Stop"/> from any.</remarks>
[UnsupportedOSPlatform("windows")]
sealed class CommandOutput : Stream
{
    /// <summary>
    /// How long a command that has ended may have nothing more to read before what others of its group may still write
    /// is given up.
    /// </summary>
    const int IdleGrace = 250;

    /// <summary>How long others of its group may go on writing after it has ended.</summary>
    const int WritingGrace = 5_000;

    /// <summary>How often the end is looked for where the kernel does not tell.</summary>
    const int LookInterval = 20;

    readonly CommandGroup group;
    readonly ErrorTail errors;
    readonly int pidFd,
        wakeRead,
        wakeWrite;
    readonly byte[] errorBuffer = new byte[16 << 10];
    int output,
        error;
    bool hasEnded;
    long endedAt,
        lastAt;

    /// <summary>Takes over both descriptors.</summary>
    public CommandOutput(CommandGroup group, int output, int error, ErrorTail errors)
    {
        (this.group, this.output, this.error, this.errors) = (group, output, error, errors);
        pidFd = LibC.PidFd(group.Pid);
        (wakeRead, wakeWrite) = LibC.Pipe();
    }

    /// <summary>True when a process in the background still wrote long after the command had ended.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Gets whether the command itself has ended, as far as it was looked.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>
    /// Ends the waiting with an <see cref="OperationCanceledException"/>, unless the command has ended by then.
    /// </summary>
    public void Stop() => _ = LibC.Write(wakeWrite, [1], 1);

    public override int Read(Span<byte> buffer)
    {
        while (output >= 0 && Wait(outputToo: true) is { } ready)
        {
            if (!ready)
                continue;
            var count = LibC.Read(output, buffer);
            if (count > 0)
                return count;
            CloseOne(ref output);
        }
        return 0;
    }

    /// <summary>Waits until the command has ended and what it said is read.</summary>
    public void WaitForEnd()
    {
        while ((!hasEnded || error >= 0) && Wait(outputToo: false) is not null) { }
    }

    /// <summary>Waits so many milliseconds for a command that was killed to be gone.</summary>
    public bool WaitUntilGone(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = pidFd, Events = LibC.PollIn }];
        for (var until = Environment.TickCount64 + milliseconds; !group.HasEnded && Environment.TickCount64 < until; )
            LibC.Poll(one, pidFd >= 0 ? milliseconds : LookInterval);
        return hasEnded |= group.HasEnded;
    }

    /// <summary>
    /// Waits for the next thing to happen, and sees to all but the output. True when that can be read; null when the
    /// command has ended and nothing more comes.
    /// </summary>
    bool? Wait(bool outputToo)
    {
        if (!hasEnded && pidFd < 0 && group.HasEnded)
            Ended();
        Span<LibC.PollFd> fds =
        [
            new() { Fd = hasEnded ? -1 : wakeRead, Events = LibC.PollIn },
            new() { Fd = outputToo ? output : -1, Events = LibC.PollIn },
            new() { Fd = error, Events = LibC.PollIn },
            new() { Fd = hasEnded ? -1 : pidFd, Events = LibC.PollIn },
        ];
        var now = Environment.TickCount64;
        if (hasEnded && now - endedAt > WritingGrace)
        {
            IsCutOff |= outputToo;
            return null;
        }
        LibC.Poll(
            fds,
            hasEnded ? (int)Math.Max(0, lastAt + IdleGrace - now)
                : pidFd < 0 ? LookInterval
                : -1
        );
        if (fds[3].Happened != 0)
            Ended();
        if (fds[0].Happened != 0 && !hasEnded)
            throw new OperationCanceledException();
        if (fds[2].Happened != 0)
        {
            var count = LibC.Read(error, errorBuffer);
            if (count > 0)
                errors.Add(errorBuffer.AsSpan(0, count));
            else
                CloseOne(ref error);
        }
        // What is said on standard error does not hold up the end of the output.
        var moved = outputToo ? fds[1].Happened != 0 : fds[2].Happened != 0 || fds[3].Happened != 0;
        now = Environment.TickCount64;
        if (moved)
            lastAt = now;
        else if (hasEnded && now - lastAt >= IdleGrace)
            return null;
        return fds[1].Happened != 0;
    }

    void Ended()
    {
        hasEnded = true;
        endedAt = lastAt = Environment.TickCount64;
    }

    static void CloseOne(ref int fd)
    {
        if (fd >= 0)
            _ = LibC.Close(fd);
        fd = -1;
    }

    protected override void Dispose(bool disposing)
    {
        CloseOne(ref output);
        CloseOne(ref error);
        _ = LibC.Close(wakeRead);
        _ = LibC.Close(wakeWrite);
        if (pidFd >= 0)
            _ = LibC.Close(pidFd);
        base.Dispose(disposing);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
