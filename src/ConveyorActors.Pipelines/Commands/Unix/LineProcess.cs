using System.Diagnostics;
using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>A running persistent command, which is given lines and writes one line for each.</summary>
/// <remarks>
/// Supports one thread at a time, which it blocks; <see cref="Wake"/> is safe for use by many threads. One wait covers
/// reading, writing and standard error, so that neither side can wait for the other forever.
/// </remarks>
[UnsupportedOSPlatform("windows")]
sealed class LineProcess : IDisposable
{
    /// <summary>The maximum time, in milliseconds, that a killed command may take to end.</summary>
    const int DeathGrace = 5_000;

    /// <summary>
    /// The maximum time, in milliseconds, between the end of the output and the end of the command, in either order.
    /// </summary>
    const int EndGrace = 250;

    /// <summary>
    /// The maximum time, in milliseconds, that a command which has closed its input may take for each reply to lines it
    /// had read.
    /// </summary>
    const int ClosedInputGrace = 1_000;

    /// <summary>
    /// The minimum and maximum time, in milliseconds, without output after the last reply. Within these bounds it is
    /// twice the time that one line took.
    /// </summary>
    const int MinQuiet = 4,
        MaxQuiet = 20;

    /// <summary>
    /// The interval, in milliseconds, of checks for the end of the command if the kernel does not report it.
    /// </summary>
    const int PollInterval = 20;

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
        pidFd = LibC.OpenPidFd(group.Pid);
        (wakeRead, wakeWrite) = LibC.CreatePipe();
    }

    /// <summary>Gets how many lines the command has replied to in exchanges that were exact.</summary>
    public long Replied { get; private set; }

    /// <summary>Gets whether the command's input was closed because no first reply came.</summary>
    public bool HasClosedInput { get; private set; }

    /// <summary>Gets the time from closing the input to the first reply; null if there was none.</summary>
    public TimeSpan? FirstAfterClose { get; private set; }

    /// <exception cref="IOException">The command cannot be started.</exception>
    /// <exception cref="OperationCanceledException">This process is ending.</exception>
    public static LineProcess Start(string command, ErrorTail errors, TimeProvider clock, byte lineEnd)
    {
        var (inputRead, inputWrite) = LibC.CreatePipe();
        var (outputRead, outputWrite, errorRead, errorWrite) = (-1, -1, -1, -1);
        try
        {
            LibC.SetNonBlocking(inputWrite);
            (outputRead, outputWrite) = LibC.CreatePipe();
            (errorRead, errorWrite) = LibC.CreatePipe();
            _ = LibC.EnlargePipe(inputWrite, PipeSize);
            _ = LibC.EnlargePipe(outputRead, PipeSize);
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
    /// Gives lines to the command until it has replied to all of them, or until it is certain that it will not.
    /// </summary>
    /// <param name="feed">The lines to give.</param>
    /// <param name="replies">Receives the replies; the first one belongs to the first line.</param>
    /// <param name="timeout">Maximum time that the oldest line may wait for its reply; null: no limit.</param>
    /// <param name="firstReplyTimeout">
    /// Maximum time for the first reply before the command's input is closed, to test whether the command waits for the
    /// end of its input. Null: no limit.
    /// </param>
    /// <param name="ending">Cancelled when no more lines are given; the command's input is then closed.</param>
    /// <param name="kill">Cancelled when the exchange must end at once.</param>
    public ExchangeEnd Exchange(
        LineFeed feed,
        ResultLines replies,
        TimeSpan? timeout,
        TimeSpan? firstReplyTimeout,
        CancellationToken ending,
        CancellationToken kill
    )
    {
        if (!written.IsEmpty || output >= 0 && HasMore(0))
            return ExchangeEnd.OutOfStep;
        var began = Stopwatch.GetTimestamp();
        using var deadline = new ReplyDeadline(clock, timeout, Replied > 0 ? null : firstReplyTimeout, Wake);
        using var onEnding = ending.Register(Wake);
        using var onKill = kill.Register(Wake);
        while (true)
        {
            if (kill.IsCancellationRequested)
                return ExchangeEnd.Stopped;
            if (replies.Count == feed.Count)
                return CheckNothingFollows(feed.Count, began);
            if (ending.IsCancellationRequested && HasStopped(feed, replies))
                return ExchangeEnd.Stopped;
            switch (deadline.Check(replies.Count > 0))
            {
                case ReplyDue.GiveUp:
                    return ExchangeEnd.TimedOut;
                case ReplyDue.CloseInput:
                    feed.Stop();
                    CloseOne(ref input);
                    HasClosedInput = true;
                    break;
            }
            if (FindEnd(feed) is { } over)
                return over;
            if (Move(feed, replies, deadline) is { } wrong)
                return wrong;
        }
    }

    /// <summary>Stops giving lines. Returns whether all lines given so far have a reply.</summary>
    bool HasStopped(LineFeed feed, ResultLines replies)
    {
        feed.Stop();
        if (!feed.IsDone)
            return false;
        CloseOne(ref input);
        return replies.Count == feed.Given;
    }

    /// <summary>
    /// Writes lines and reads replies until all replies are there or something else happens. Returns the problem with
    /// the replies; null: none.
    /// </summary>
    /// <remarks>A timer ends the wait, so the clock is not read for each block.</remarks>
    ExchangeEnd? Move(LineFeed feed, ResultLines replies, ReplyDeadline deadline)
    {
        while (true)
        {
            var happened = Wait(isWriting: input >= 0 && !feed.IsDone, milliseconds: GetPollTimeout());
            if (happened.CanRead)
            {
                var before = replies.Count;
                if (Fill())
                {
                    if (before == 0 && !HasReadAny(feed))
                        return ExchangeEnd.OutOfStep;
                    if (written.Take(feed, replies) is { } wrong)
                        return wrong;
                }
                if (replies.Count == before)
                    continue;
                if (before == 0 && deadline.SinceClosed is { } sinceClosed)
                    FirstAfterClose = sinceClosed;
                deadline.RecordReply();
            }
            if (happened.CanWrite)
                WriteInput(feed);
            if (
                replies.Count == feed.Count
                || happened is { CanRead: false, CanWrite: false } or { IsWoken: true }
                || output < 0
            )
                return null;
        }
    }

    /// <summary>
    /// Returns whether the command has read anything of this exchange. What it wrote before is no reply: it may be a
    /// message at its start, or a second reply to the last line before.
    /// </summary>
    bool HasReadAny(LineFeed feed) => input < 0 || feed.Written > 0 && !(LibC.CountUnread(input) >= feed.Written);

    /// <summary>Closes the command's input and reads until the command ends.</summary>
    /// <param name="stop">Cancelled when the time for the end is up.</param>
    /// <returns>Whether the command wrote more lines than requested, and whether it ended by itself.</returns>
    public (bool IsMore, bool HasEnded) Finish(CancellationToken stop)
    {
        CloseOne(ref input);
        var isMore = !written.IsEmpty;
        using var onStop = stop.Register(Wake);
        while (!stop.IsCancellationRequested && !(hasEnded && (output < 0 || IsIdle(lastAt))))
        {
            written.Clear();
            if (Wait(isWriting: false, GetPollTimeout()).CanRead)
                isMore |= Fill();
        }
        return (isMore, hasEnded);
    }

    /// <summary>
    /// Kills the command with its group and reads its standard error. Returns its exit code; null if it is not known.
    /// </summary>
    public int? End()
    {
        var until = Environment.TickCount64 + EndGrace;
        while (hasEnded && error >= 0 && Environment.TickCount64 < until)
            _ = Wait(isWriting: false, PollInterval, isReading: false);
        if (!hasEnded)
            group.KillWithStragglers();
        Span<LibC.PollFd> one = [new() { Fd = pidFd, Events = LibC.PollIn }];
        for (var gone = Environment.TickCount64 + DeathGrace; !group.HasEnded; )
        {
            LibC.Poll(one, pidFd >= 0 ? EndGrace : PollInterval);
            if (Environment.TickCount64 < gone)
                continue;
            // The process hangs in the kernel and ends when it returns from there.
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

    /// <summary>Ends a wait. A timer may call this after the descriptor was closed, which is checked here.</summary>
    void Wake()
    {
        lock (waking)
            if (!isOver)
                _ = LibC.Write(wakeWrite, [1], 1);
    }

    /// <summary>
    /// Checks that no output follows the last reply. If one line had two replies, every later reply would belong to the
    /// line before, and one more would follow; so there must be no output for a moment.
    /// </summary>
    ExchangeEnd CheckNothingFollows(int count, long began)
    {
        if (!written.IsEmpty)
            return ExchangeEnd.TooMany;
        var each = Stopwatch.GetElapsedTime(began).TotalMilliseconds / count;
        if (output >= 0 && HasMore((int)Math.Clamp(2 * each, MinQuiet, MaxQuiet)))
            return ExchangeEnd.TooMany;
        Replied += count;
        return ExchangeEnd.Exact;
    }

    /// <summary>Returns whether more output comes within the given number of milliseconds.</summary>
    bool HasMore(int milliseconds)
    {
        Span<LibC.PollFd> one = [new() { Fd = output, Events = LibC.PollIn }];
        return LibC.Poll(one, milliseconds) > 0 && Fill();
    }

    ExchangeEnd? FindEnd(LineFeed feed)
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

    int GetPollTimeout() => hasEnded || output < 0 || inputClosedAt != 0 || pidFd < 0 ? PollInterval : -1;

    /// <summary>Reads more output. Returns false at the end of the output.</summary>
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

    void WriteInput(LineFeed feed)
    {
        var count = LibC.WriteSome(input, feed.GetNext());
        if (count >= 0)
        {
            feed.MarkWritten(count);
            return;
        }
        CloseOne(ref input);
        inputClosedAt = Environment.TickCount64;
    }

    /// <summary>Waits for the next event, and handles standard error and the end of the command.</summary>
    (bool CanRead, bool CanWrite, bool IsWoken) Wait(bool isWriting, int milliseconds, bool isReading = true)
    {
        if (!hasEnded && pidFd < 0 && group.HasEnded)
            RecordEnd();
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
            RecordEnd();
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

    void RecordEnd()
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
