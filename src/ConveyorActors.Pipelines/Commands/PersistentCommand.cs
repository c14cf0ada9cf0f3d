using System.Runtime.Versioning;
using ConveyorActors.Pipelines.Commands.Unix;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// The persistent command of one worker: it is started when needed, and again after it has ended or violated the
/// protocol.
/// </summary>
/// <remarks>
/// The protocol is one line for each line, in order. Replies before an exit are accepted, since each was written for
/// its line. After a timeout they are not: a command that leaves one line out waits for more input just like one that
/// hangs, and each later reply then belongs to another line. Supports one call at a time.
/// </remarks>
sealed class PersistentCommand(StageDefinition stage, TimeProvider clock, CommandRemarks remarks, byte lineEnd)
    : IAsyncDisposable
{
    /// <summary>The advice in errors: how to make common programs write each line at once.</summary>
    public const string Hint =
        "does it write each line at once, as sed -u, grep --line-buffered, jq --unbuffered, mawk -W interactive, gawk with fflush() and stdbuf -oL do?";

    LineProcess? process;
    int heldBack;
    bool mayClose = true;
    ErrorTail errors = new();
    HeaderLines given = HeaderLines.None;

    /// <summary>Gets the action called for each command that is started.</summary>
    public Action Started { get; init; } = () => { };

    /// <summary>
    /// Gets the action called if the command is found to be out of step after its replies were accepted.
    /// </summary>
    public Action<string> OutOfStep { get; init; } = _ => { };

    /// <summary>Gets the action called if the command wrote more lines after it had been given all.</summary>
    public Action<string> WroteMore { get; init; } = _ => { };

    /// <summary>Gets the action called with warnings for the user.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Gets how long a command may take to end after its input is closed. Default 10 s.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets how long a new command may take for its first reply if the stage has no timeout. Its input is then closed
    /// to test whether it waits for the end of its input. Default 10 s.
    /// </summary>
    public TimeSpan FirstReply { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the time after closing the input within which a first reply shows that it was only held back. Default 500
    /// ms.
    /// </summary>
    public TimeSpan HeldBackGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets the token that is cancelled when the command gets no more lines.</summary>
    public CancellationToken Ending { get; init; }

    /// <summary>Gets the token that is cancelled when the command must end at once.</summary>
    public CancellationToken Killing { get; init; }

    TimeSpan? FirstReplyTimeout => stage.Timeout is null && mayClose ? FirstReply : null;

    /// <summary>Gives lines to the command and collects its replies.</summary>
    public Task<CommandResult> RunAsync(
        ReadOnlyMemory<ConveyorRecord> lines,
        CancellationToken kill,
        CommandHeader? header = null
    ) =>
        Task.Factory.StartNew(
            () => Run(lines, header ?? CommandHeader.None, kill),
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );

    /// <summary>Closes the command's input, waits for its end, and kills it if it does not end in time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is null)
            return;
        await Task
            .Factory.StartNew(
                Finish,
                CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default
            )
            .ConfigureAwait(false);
    }

    CommandResult Run(ReadOnlyMemory<ConveyorRecord> lines, CommandHeader header, CancellationToken kill)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException();
        if (process is not null && !given.IsSame(header.Given))
            Finish();
        for (var mayBeOutOfStep = false; ; )
        {
            var isFresh = process is null;
            if (isFresh && TryStart(header.Given) is { } failed)
                return failed;
            var before = isFresh ? header.Given : HeaderLines.None;
            var replies = new ResultLines(lineEnd, stage.MaxResults, before.Lines.Count + lines.Length);
            using var feed = new LineFeed(before, lines, lineEnd);
            var end = process!.Exchange(feed, replies, stage.Timeout, FirstReplyTimeout, Ending, kill);
            var records = replies.Records[Math.Min(before.Lines.Count, replies.Count)..];
            if (IsHoldingBack(isFresh))
                return ReportHeldBack();
            if (end == ExchangeEnd.Exact)
            {
                if (mayBeOutOfStep)
                    OutOfStep(DescribeTooMany(AfterReplies));
                return new(CommandEnd.Done, 0, "", records)
                {
                    PassesHeader = isFresh && header.Written.IsEmpty && header.Given.IsStartOf(replies.Records),
                };
            }
            var hasReplied = process.Replied > 0 || replies.Count > 0;
            var code = Break(hasReplied);
            if (end == ExchangeEnd.OutOfStep)
            {
                if (isFresh)
                    return CreateFailure(DescribeTooMany("it wrote a line before it had read one"), code) with
                    {
                        Suspect = 0,
                    };
                OutOfStep(DescribeTooMany(AfterReplies));
                continue;
            }
            if (!isFresh && IsPossiblyDueToEarlierLines(end, replies.Count))
            {
                mayBeOutOfStep |= end == ExchangeEnd.TooMany;
                if (!Ending.IsCancellationRequested)
                    continue;
            }
            return CreateResult(end, code, records, lines.Length, hasReplied);
        }
    }

    /// <summary>
    /// Starts the command. Returns the result for its lines if it cannot be started; null: it is started.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    CommandResult? TryStart(HeaderLines header)
    {
        try
        {
            Start(header);
            return null;
        }
        catch (IOException e)
        {
            return new(CommandEnd.CannotRun, 0, e.Message, default);
        }
        catch (OperationCanceledException)
        {
            return ShellCommand.Killed;
        }
    }

    /// <summary>
    /// Returns whether the failure of a command that has replied before may be due to earlier lines. Only a command
    /// that gets a line first may judge it.
    /// </summary>
    static bool IsPossiblyDueToEarlierLines(ExchangeEnd end, int replies) =>
        end == ExchangeEnd.TooMany
        || replies == 0 && end is ExchangeEnd.Ended or ExchangeEnd.ClosedInput or ExchangeEnd.ClosedOutput;

    /// <summary>
    /// Records whether the command writes only when its input ends. Returns true at the second time, which is no
    /// coincidence.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    bool IsHoldingBack(bool isFresh)
    {
        if (!isFresh || !process!.HasClosedInput)
            return false;
        if (!(process.FirstAfterClose < HeldBackGrace))
        {
            mayClose = false;
            return false;
        }
        if (++heldBack > 1)
            return true;
        Warn(
            $"the command wrote nothing for {ShellCommand.FormatSeconds(FirstReplyTimeout!.Value)}, and then at once after its input was closed; {Hint}"
        );
        return false;
    }

    [UnsupportedOSPlatform("windows")]
    CommandResult ReportHeldBack()
    {
        Break(hasReplied: false);
        return new(CommandEnd.CannotRun, 0, $"the command holds its output back until its input ends; {Hint}", default);
    }

    CommandResult CreateResult(
        ExchangeEnd end,
        int? code,
        ReadOnlyMemory<ConveyorRecord> replies,
        int count,
        bool hasReplied
    )
    {
        var said = errors.GetLastLine() is { Length: > 0 } last ? $": {last}" : "";
        var replied = Math.Min(replies.Length, count - 1);
        var exit = code is { } number ? $"exit {number}" : "it ended";
        return end switch
        {
            ExchangeEnd.Stopped => ShellCommand.Killed with { Results = replies, Replied = replied },
            ExchangeEnd.Ended when Ending.IsCancellationRequested => ShellCommand.Killed with
            {
                Results = replies,
                Replied = replied,
            },
            ExchangeEnd.Ended => CreateFailure($"{exit} before it replied{said}", code, replies, replied),
            ExchangeEnd.ClosedInput => CreateFailure(
                $"it closed its input before it replied{said}",
                null,
                replies,
                replied
            ),
            ExchangeEnd.ClosedOutput => CreateFailure(
                $"it closed its output before it replied{said}",
                null,
                replies,
                replied
            ),
            ExchangeEnd.TimedOut => new(
                CommandEnd.TimedOut,
                0,
                $"timed out after {ShellCommand.FormatSeconds(stage.Timeout!.Value)} without a reply{(hasReplied ? said : $"; {Hint}")}",
                default
            )
            {
                Suspect = replied,
            },
            ExchangeEnd.Flooded => CreateFailure(
                $"it wrote more than {ShellCommand.FormatSize(stage.MaxResults)} for {ShellCommand.FormatLines(count)}; --max-results sets how much it may write",
                null
            ),
            _ => CreateFailure(
                DescribeTooMany($"it wrote more lines than the {(count == 1 ? "one" : $"{count}")} it was given"),
                null
            ),
        };
    }

    static CommandResult CreateFailure(string error, int? code, ReadOnlyMemory<ConveyorRecord> replies, int replied) =>
        new(CommandEnd.Failed, code ?? 0, error, replies) { Replied = replied, Suspect = replied };

    static CommandResult CreateFailure(string error, int? code) => new(CommandEnd.Failed, code ?? 0, error, default);

    const string AfterReplies =
        "it wrote a line after it had replied to all lines, so results may belong to other lines";

    static string DescribeTooMany(string what) => $"{what}; a persistent command must write exactly one line for each";

    [UnsupportedOSPlatform("windows")]
    void Start(HeaderLines header)
    {
        errors = new ErrorTail();
        process = LineProcess.Start(stage.Command, errors, clock, lineEnd);
        given = header;
        Started();
    }

    /// <summary>Ends the command. Returns its exit code if it had ended by itself.</summary>
    [UnsupportedOSPlatform("windows")]
    int? Break(bool hasReplied)
    {
        using (process)
        {
            var code = process!.End();
            process = null;
            if (hasReplied)
                remarks.Add(stage.Name, errors.Said);
            return code;
        }
    }

    void Finish()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var timeout = new CancellationTokenSource(StopDeadline, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, Killing);
        var (isMore, hasEnded) = process!.Finish(stop.Token);
        var code = Break(hasReplied: true);
        if (Ending.IsCancellationRequested)
            return;
        if (isMore)
            WroteMore(DescribeTooMany("it wrote more after its input had ended, so results may belong to other lines"));
        if (!hasEnded)
            Warn(
                $"the command did not end within {ShellCommand.FormatSeconds(StopDeadline)} after its input, and was killed"
            );
        else if (code is { } number && !stage.OkExitCodes.Contains(number))
            Warn($"the command had replied to all lines and ended with exit {number}");
    }
}
