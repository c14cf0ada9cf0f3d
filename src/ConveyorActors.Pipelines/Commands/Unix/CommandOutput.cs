using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// A stream over the standard output of a command. It ends when the command has ended and no more output comes.
/// Standard error is read at the same time. A background process that keeps either open is waited for only briefly.
/// </summary>
/// <remarks>Blocks the one thread that uses it; <see cref="Stop"/> is safe for use by many threads.</remarks>
[UnsupportedOSPlatform("windows")]
sealed class CommandOutput : Stream
{
    /// <summary>
    /// The time, in milliseconds, without output after the end of the command until output of other processes in its
    /// group is no longer waited for.
    /// </summary>
    const int IdleGrace = 250;

    /// <summary>
    /// The time, in milliseconds, that other processes of the group may continue to write after the command has ended.
    /// </summary>
    const int WritingGrace = 5_000;

    /// <summary>
    /// The interval, in milliseconds, of checks for the end of the command if the kernel does not report it.
    /// </summary>
    const int PollInterval = 20;

    /// <summary>
    /// The time, in milliseconds, that output is left in the pipe for more to come. Many programs write blocks of 4 KiB,
    /// and waking this thread for each of them costs more than reading them.
    /// </summary>
    const int Pause = 1;

    /// <summary>
    /// The bytes that the pipe should hold, and the fewest with which the command is not held up by a pause.
    /// </summary>
    const int PipeSize = 1 << 20,
        LargePipeBytes = 256 << 10;

    readonly CommandGroup group;
    readonly bool hasLargePipe;
    readonly ErrorTail errors;
    readonly int pidFd,
        wakeRead,
        wakeWrite;
    readonly byte[] errorBuffer = new byte[16 << 10];
    int output,
        error;
    bool hasEnded,
        isMoreWaiting;
    long endedAt,
        lastAt;

    /// <summary>Initializes the stream, which takes ownership of both descriptors.</summary>
    public CommandOutput(CommandGroup group, int output, int error, ErrorTail errors)
    {
        (this.group, this.output, this.error, this.errors) = (group, output, error, errors);
        pidFd = LibC.OpenPidFd(group.Pid);
        (wakeRead, wakeWrite) = LibC.CreatePipe();
        hasLargePipe = LibC.EnlargePipe(output, PipeSize) >= LargePipeBytes;
    }

    /// <summary>Gets whether a background process was still writing long after the command had ended.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Gets whether the command itself had ended at the last check.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>
    /// Ends the wait with an <see cref="OperationCanceledException"/>, unless the command has already ended.
    /// </summary>
    public void Stop() => _ = LibC.Write(wakeWrite, [1], 1);

    public override int Read(Span<byte> buffer)
    {
        if (hasLargePipe && !hasEnded && !isMoreWaiting)
            Wait(outputToo: false, Pause);
        while (output >= 0 && Wait(outputToo: true) is { } ready)
        {
            if (!ready)
                continue;
            var count = LibC.Read(output, buffer);
            isMoreWaiting = count == buffer.Length;
            if (count > 0)
                return count;
            CloseOne(ref output);
        }
        return 0;
    }

    /// <summary>Waits until the command has ended and its standard error is read.</summary>
    public void WaitForEnd()
    {
        while ((!hasEnded || error >= 0) && Wait(outputToo: false) is not null) { }
    }

    /// <summary>
    /// Waits at most the given number of milliseconds until a killed command has ended. Returns whether it has.
    /// </summary>
    public bool WaitForEnd(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = pidFd, Events = LibC.PollIn }];
        for (var until = Environment.TickCount64 + milliseconds; !group.HasEnded && Environment.TickCount64 < until; )
            LibC.Poll(one, pidFd >= 0 ? milliseconds : PollInterval);
        return hasEnded |= group.HasEnded;
    }

    /// <summary>
    /// Waits for the next event, and handles everything except output. Returns true if output can be read; null if the
    /// command has ended and no more output comes.
    /// </summary>
    /// <param name="outputToo">Whether to wait for output.</param>
    /// <param name="most">
    /// The maximum wait in milliseconds while the command runs and the kernel reports its end; -1: without a limit.
    /// </param>
    bool? Wait(bool outputToo, int most = -1)
    {
        if (!hasEnded && pidFd < 0 && group.HasEnded)
            RecordEnd();
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
                : pidFd < 0 ? PollInterval
                : most
        );
        if (fds[3].Happened != 0)
            RecordEnd();
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
        // Text on standard error does not delay the end of the output.
        var moved = outputToo ? fds[1].Happened != 0 : fds[2].Happened != 0 || fds[3].Happened != 0;
        now = Environment.TickCount64;
        if (moved)
            lastAt = now;
        else if (hasEnded && now - lastAt >= IdleGrace)
            return null;
        return fds[1].Happened != 0;
    }

    void RecordEnd()
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
