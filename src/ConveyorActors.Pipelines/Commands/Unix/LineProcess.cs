using System.Diagnostics;
using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>A command that stays: it is given lines, and writes one line for each.</summary>
/// <remarks>
/// For one thread at a time, which it blocks; <see cref="Wake"/> from any. One wait serves reading, writing and
/// standard error, so that neither side can wait for the other for ever.
/// </remarks>
[UnsupportedOSPlatform("windows")]
sealed class LineProcess : IDisposable
{
    /// <summary>How many milliseconds a command that was killed may take to be gone.</summary>
    const int DeathGrace = 5_000;

    /// <summary>
    /// How many milliseconds pass between the end of the output, or of the command, and the end of the other.
    /// </summary>
    const int EndGrace = 250;

    /// <summary>
    /// How many milliseconds a command that has closed its input may take for each reply to what it had read.
    /// </summary>
    const int ClosedInputGrace = 1_000;

    /// <summary>
    /// How many milliseconds nothing may come after the last reply, at least and at most. Within them the time that one
    /// line took twice is used.
    /// </summary>
    const int LeastQuiet = 4,
        MostQuiet = 20;

    /// <summary>How often the end is looked for where the kernel does not tell.</summary>
    const int LookInterval = 20;

    const int PipeSize = 256 << 10;

    readonly CommandGroup group;
    readonly ErrorTail errors;
    readonly TimeProvider clock;
    readonly OutputBuffer written;
    readonly int pidFd,
        wakeRead,
        wakeWrite;
    readonly byte[] errorBuffer = new byte[16 << 10];
    readonly Lock waking = new();
    int input,
        output,
        error;
    long outputClosedAt,
        inputClosedAt,
        lastAt;
    bool hasEnded,
        isOver;

    LineProcess(
        CommandGroup group,
        int input,
        int output,
        int error,
        ErrorTail errors,
        TimeProvider clock,
        byte lineEnd
    )
    {
        (this.group, this.input, this.output, this.error, this.errors, this.clock) = (
            group,
            input,
            output,
            error,
            errors,
            clock
        );
        written = new(lineEnd);
        pidFd = LibC.PidFd(group.Pid);
        (wakeRead, wakeWrite) = LibC.Pipe();
    }

    /// <summary>Gets how many lines it has replied to in exchanges that were exact.</summary>
    public long Answered { get; private set; }

    /// <summary>Gets or sets whether its input was closed because no first reply came.</summary>
    public bool HasClosedInput { get; private set; }

    /// <summary>Gets or sets how long after that the first reply came; null when none did.</summary>
    public TimeSpan? FirstAfterClose { get; private set; }

    /// <exception cref="IOException">It cannot be started.</exception>
    /// <exception cref="OperationCanceledException">This process is ending.</exception>
    public static LineProcess Start(string command, ErrorTail errors, TimeProvider clock, byte lineEnd)
    {
        var (inputRead, inputWrite) = LibC.Pipe();
        var (outputRead, outputWrite, errorRead, errorWrite) = (-1, -1, -1, -1);
        try
        {
            LibC.NeverBlock(inputWrite);
            (outputRead, outputWrite) = LibC.Pipe();
            (errorRead, errorWrite) = LibC.Pipe();
            LibC.Enlarge(inputWrite, PipeSize);
            LibC.Enlarge(outputRead, PipeSize);
            var group = CommandGroup.Start(command, inputRead, outputWrite, errorWrite);
            return new(group, inputWrite, outputRead, errorRead, errors, clock, lineEnd);
        }
        catch
        {
            foreach (var mine in (int[])[inputWrite, outputRead, errorRead])
                if (mine >= 0)
                    _ = LibC.Close(mine);
            throw;
        }
        finally
        {
            foreach (var its in (int[])[inputRead, outputWrite, errorWrite])
                if (its >= 0)
                    _ = LibC.Close(its);
        }
    }

    /// <summary>
    /// Gives lines to the command until it has replied to all of them, or until it is clear that it will not.
    /// </summary>
    /// <param name="feed">The lines.</param>
    /// <param name="replies">Gets the replies; the first one belongs to the first line.</param>
    /// <param name="timeout">How long the oldest line without a reply may wait.</param>
    /// <param name="patience">
    /// How long a first reply may take before the command's input is closed, to see whether that is what it waits for.
    /// Null: for ever.
    /// </param>
    /// <param name="ending">Cancelled when no more lines are to be given: the command's input is closed.</param>
    /// <param name="kill">Cancelled when the exchange is to end at once.</param>
    public ExchangeEnd Exchange(
        LineFeed feed,
        ResultLines replies,
        TimeSpan? timeout,
        TimeSpan? patience,
        CancellationToken ending,
        CancellationToken kill
    )
    {
        if (!written.IsEmpty || output >= 0 && HasMore(0))
            return ExchangeEnd.OutOfStep;
        var began = Stopwatch.GetTimestamp();
        using var deadline = new ReplyDeadline(clock, timeout, Answered > 0 ? null : patience, Wake);
        using var onEnding = ending.Register(Wake);
        using var onKill = kill.Register(Wake);
        while (true)
        {
            if (kill.IsCancellationRequested)
                return ExchangeEnd.Stopped;
            if (replies.Count == feed.Count)
                return Exact(feed.Count, began);
            if (ending.IsCancellationRequested && HasStopped(feed, replies))
                return ExchangeEnd.Stopped;
            switch (deadline.Look(replies.Count > 0))
            {
                case ReplyDue.GiveUp:
                    return ExchangeEnd.TimedOut;
                case ReplyDue.CloseInput:
                    feed.Stop();
                    CloseOne(ref input);
                    HasClosedInput = true;
                    break;
            }
            if (WhyOver(feed) is { } over)
                return over;
            if (Move(feed, replies, deadline) is { } wrong)
                return wrong;
        }
    }

    /// <summary>Gives no more lines. Returns whether all that were given have a reply.</summary>
    bool HasStopped(LineFeed feed, ResultLines replies)
    {
        feed.Stop();
        if (!feed.IsDone)
            return false;
        CloseOne(ref input);
        return replies.Count == feed.Given;
    }

    /// <summary>
    /// Writes lines and reads replies until all are there or something else has happened. Returns what is wrong with
    /// the replies; null: nothing.
    /// </summary>
    /// <remarks>A timer that fires ends the wait; until then nobody looks at the clock for each block.</remarks>
    ExchangeEnd? Move(LineFeed feed, ResultLines replies, ReplyDeadline deadline)
    {
        while (true)
        {
            var happened = Wait(isWriting: input >= 0 && !feed.IsDone, milliseconds: Patience());
            if (happened.CanRead)
            {
                var before = replies.Count;
                if (Fill() && written.Take(feed, replies) is { } wrong)
                    return wrong;
                if (replies.Count == before)
                    continue;
                if (before == 0 && deadline.SinceClosed is { } sinceClosed)
                    FirstAfterClose = sinceClosed;
                deadline.Replied();
            }
            if (happened.CanWrite)
                Give(feed);
            if (
                replies.Count == feed.Count
                || happened is { CanRead: false, CanWrite: false } or { IsWoken: true }
                || output < 0
            )
                return null;
        }
    }

    /// <summary>Closes the command's input and reads until it ends.</summary>
    /// <param name="stop">Cancelled when it has had time enough.</param>
    /// <returns>Whether it wrote more than was asked for, and whether it ended by itself.</returns>
    public (bool IsMore, bool HasEnded) Finish(CancellationToken stop)
    {
        CloseOne(ref input);
        var isMore = !written.IsEmpty;
        using var onStop = stop.Register(Wake);
        while (!stop.IsCancellationRequested && !(hasEnded && (output < 0 || IsIdle(lastAt))))
        {
            written.Clear();
            if (Wait(isWriting: false, Patience()).CanRead)
                isMore |= Fill();
        }
        return (isMore, hasEnded);
    }

    /// <summary>
    /// Ends the command with all that is in its group and reads what it said. Returns its exit code; null when it is
    /// not known.
    /// </summary>
    public int? End()
    {
        var until = Environment.TickCount64 + EndGrace;
        while (hasEnded && error >= 0 && Environment.TickCount64 < until)
            _ = Wait(isWriting: false, LookInterval, isReading: false);
        if (!hasEnded)
            group.KillWithStragglers();
        Span<LibC.PollFd> one = [new() { Fd = pidFd, Events = LibC.PollIn }];
        for (var gone = Environment.TickCount64 + DeathGrace; !group.HasEnded; )
        {
            LibC.Poll(one, pidFd >= 0 ? EndGrace : LookInterval);
            if (Environment.TickCount64 < gone)
                continue;
            // It hangs in the kernel; it has been told.
            _ = Task.Factory.StartNew(
                group.Reap,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
            return null;
        }
        return group.Reap();
    }

    public void Dispose()
    {
        lock (waking)
            isOver = true;
        CloseOne(ref input);
        CloseOne(ref output);
        CloseOne(ref error);
        _ = LibC.Close(wakeRead);
        _ = LibC.Close(wakeWrite);
        if (pidFd >= 0)
            _ = LibC.Close(pidFd);
    }

    /// <summary>Ends a wait. A timer may call this late, so the descriptor is looked after.</summary>
    void Wake()
    {
        lock (waking)
            if (!isOver)
                _ = LibC.Write(wakeWrite, [1], 1);
    }

    /// <summary>
    /// All lines have a reply. Had one line two, each reply after it would be that of the line before, and the last one
    /// would still be to come: so nothing may come for a moment.
    /// </summary>
    ExchangeEnd Exact(int count, long began)
    {
        if (!written.IsEmpty)
            return ExchangeEnd.TooMany;
        var each = Stopwatch.GetElapsedTime(began).TotalMilliseconds / count;
        if (output >= 0 && HasMore((int)Math.Clamp(2 * each, LeastQuiet, MostQuiet)))
            return ExchangeEnd.TooMany;
        Answered += count;
        return ExchangeEnd.Exact;
    }

    /// <summary>Returns whether something comes within so many milliseconds.</summary>
    bool HasMore(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = output, Events = LibC.PollIn }];
        return LibC.Poll(one, milliseconds) > 0 && Fill();
    }

    ExchangeEnd? WhyOver(LineFeed feed)
    {
        if (hasEnded && (output < 0 || IsIdle(lastAt)))
            return ExchangeEnd.Ended;
        if (output < 0 && IsIdle(outputClosedAt))
            return ExchangeEnd.ClosedOutput;
        if (
            inputClosedAt != 0
            && !feed.IsDone
            && Environment.TickCount64 - Math.Max(inputClosedAt, lastAt) >= ClosedInputGrace
        )
            return ExchangeEnd.ClosedInput;
        return null;
    }

    static bool IsIdle(long since) => Environment.TickCount64 - since >= EndGrace;

    int Patience() => hasEnded || output < 0 || inputClosedAt != 0 || pidFd < 0 ? LookInterval : -1;

    /// <summary>Reads on; false at the end of the output.</summary>
    bool Fill()
    {
        var count = written.Read(output);
        lastAt = Environment.TickCount64;
        if (count > 0)
            return true;
        CloseOne(ref output);
        outputClosedAt = lastAt;
        return false;
    }

    void Give(LineFeed feed)
    {
        var count = LibC.WriteSome(input, feed.Next());
        if (count >= 0)
        {
            feed.Written(count);
            return;
        }
        CloseOne(ref input);
        inputClosedAt = Environment.TickCount64;
    }

    /// <summary>
    /// Waits for the next thing to happen; sees to standard error and to the end of the command on the way.
    /// </summary>
    (bool CanRead, bool CanWrite, bool IsWoken) Wait(bool isWriting, int milliseconds, bool isReading = true)
    {
        if (!hasEnded && pidFd < 0 && group.HasEnded)
            Ended();
        Span<LibC.PollFd> fds =
        [
            new() { Fd = isReading ? output : -1, Events = LibC.PollIn },
            new() { Fd = isWriting ? input : -1, Events = LibC.PollOut },
            new() { Fd = error, Events = LibC.PollIn },
            new() { Fd = hasEnded ? -1 : pidFd, Events = LibC.PollIn },
            new() { Fd = wakeRead, Events = LibC.PollIn },
        ];
        LibC.Poll(fds, milliseconds);
        if (fds[3].Happened != 0)
            Ended();
        if (fds[4].Happened != 0)
            _ = LibC.Read(wakeRead, errorBuffer);
        if (fds[2].Happened != 0)
        {
            var count = LibC.Read(error, errorBuffer);
            if (count > 0)
                errors.Add(errorBuffer.AsSpan(0, count));
            else
                CloseOne(ref error);
        }
        return (fds[0].Happened != 0, fds[1].Happened != 0, fds[4].Happened != 0);
    }

    void Ended()
    {
        hasEnded = true;
        lastAt = Environment.TickCount64;
    }

    static void CloseOne(ref int fd)
    {
        if (fd >= 0)
            _ = LibC.Close(fd);
        fd = -1;
    }
}
