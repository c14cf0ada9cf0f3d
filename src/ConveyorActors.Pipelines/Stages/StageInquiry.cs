using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>Specifies what to do with a line that failed alone.</summary>
enum FailedLineAction
{
    /// <summary>The line is at fault: other lines succeed.</summary>
    Line,

    /// <summary>The line is not at fault, or it is not known yet: the line is tried again, uncharged.</summary>
    TryAgain,

    /// <summary>Another worker conducts an inquiry, or the run ends: the line is returned, uncharged.</summary>
    GiveBack,
}

/// <summary>
/// Determines whether a line that failed alone is bad or its stage fails as a whole, by trying other lines, near ones
/// and then farther ones. A line that succeeds shows that every line that failed before is bad. If all fail, at least
/// three of them alike, the stage is at fault: the run ends, or the stage pauses until a line succeeds. No line is
/// tried here twice: a line that succeeds is kept for its turn, and a line that fails is recorded.
/// </summary>
sealed class StageInquiry(
    StageRun stage,
    LeasedBatch lease,
    PersistentCommand? persistent,
    IReadOnlyList<BufferedRecord<ConveyorRecord>> own,
    int suspect
)
{
    /// <summary>Maximum number of lines tried if they time out; fewer than usual, because each takes long.</summary>
    const int MaxTimeouts = 3;

    const int FirstReach = 256,
        MaxReach = 8192;

    /// <summary>Maximum number of lines that are all tried in one round of a pause.</summary>
    const int Few = 16;

    /// <summary>
    /// The interval at which a worker that waits for another's inquiry checks whether the stage is paused.
    /// </summary>
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250),
        MaxWait = TimeSpan.FromSeconds(30);

    /// <summary>The length of a pause when all remaining lines have failed and no more can come.</summary>
    static readonly TimeSpan LastWait = TimeSpan.FromSeconds(7);

    /// <summary>The time to wait for more lines when too few failed for a decision.</summary>
    static readonly TimeSpan UndecidedWait = TimeSpan.FromSeconds(3.5);

    readonly RunContext run = stage.Run;
    readonly StageHealth health = stage.Health;
    readonly List<BufferedRecord<ConveyorRecord>> others = [.. own.Skip(suspect + 1)];
    readonly HashSet<(string, long)> tried = [];
    int reach = FirstReach,
        timeouts;

    BufferedRecord<ConveyorRecord> Suspect => own[suspect];

    bool IsFatal => !health.HasSucceeded || stage.Definition.OnStageFailure == StageFailureMode.Stop;

    /// <summary>Decides about a line that has just failed alone.</summary>
    /// <param name="failure">The failure of the line.</param>
    public async ValueTask<FailedLineAction> DecideAsync(CommandResult failure)
    {
        if (stage.Definition.OnStageFailure == StageFailureMode.DeadLetter)
            return FailedLineAction.Line;
        var at = health.RecordFailure(Suspect, failure);
        // The line failed before while others succeeded; only the retry that would make it a dead letter needs new
        // evidence.
        var (tries, most) = (Suspect.RetryCount, stage.Definition.Retries);
        if (health.HasGivenUp || health.ConfirmPoison(Suspect) || tries > 0 && tries < most)
            return FailedLineAction.Line;
        while (!health.TryBegin())
        {
            await Task.WhenAny(
                    health.WaitUntilReadyAsync(CancellationToken.None),
                    health.NextSuccess,
                    Task.Delay(PollInterval, run.Clock)
                )
                .ConfigureAwait(false);
            if (health.HasSucceededSince(at))
                return BlameLine();
            if (health.PausedBy is not null || run.Control.Ended.IsCompleted)
                return FailedLineAction.GiveBack;
        }
        await using var ahead = new LookAhead(stage, lease);
        try
        {
            var verdict = InquireAsync(failure, ahead, at);
            await run.ProgressSignal.TrackAsync(verdict).ConfigureAwait(false);
            return await verdict.ConfigureAwait(false);
        }
        finally
        {
            health.EndInquiry();
            run.ProgressSignal.Notify();
        }
    }

    async Task<FailedLineAction> InquireAsync(CommandResult failure, LookAhead ahead, long at)
    {
        if (health.HasSucceededSince(at))
            return BlameLine();
        others.AddRange(await ahead.TakeAsync(reach).ConfigureAwait(false));
        foreach (var other in OrderBySpread())
        {
            if (await TryAsync(other).ConfigureAwait(false) is { } over && IsOver(over))
                return FailedLineAction.GiveBack;
            if (health.HasSucceededSince(at))
                return BlameLine();
            if (timeouts >= MaxTimeouts && health.IsWrong)
                break;
        }
        while (timeouts < MaxTimeouts && await TakeFartherAsync(ahead).ConfigureAwait(false) is { } far)
        {
            if (IsOver(await TryAsync(far).ConfigureAwait(false)))
                return FailedLineAction.GiveBack;
            if (health.HasSucceededSince(at))
                return BlameLine();
        }
        if (await ProbeAsync().ConfigureAwait(false) is { } probe && IsOver(probe))
            return FailedLineAction.GiveBack;
        if (health.HasSucceededSince(at))
            return BlameLine();

        if (!health.IsWrong && Suspect.RetryCount > 0)
            return FailedLineAction.Line;
        if (health.IsWrong && IsFatal)
            return Fail(failure);
        if (!health.IsWrong && await IsLastAsync(orElsewhere: false).ConfigureAwait(false))
            return FailedLineAction.Line;
        return await WaitAsync(failure, ahead, at).ConfigureAwait(false);
    }

    /// <summary>Waits, longer each time, until a line succeeds, or until it is certain that none will.</summary>
    async Task<FailedLineAction> WaitAsync(CommandResult failure, LookAhead ahead, long at)
    {
        var started = run.Clock.GetTimestamp();
        var isShown = false;
        try
        {
            for (var wait = FirstWait; ; wait = wait * 2 < MaxWait ? wait * 2 : MaxWait)
            {
                // From here on the other workers return their lines, so that they can be tried here.
                health.PausedBy = failure.Error;
                await Task.WhenAny(health.NextSuccess, Task.Delay(wait, run.Clock, run.Control.Ending))
                    .ConfigureAwait(false);
                if (run.Control.Ending.IsCancellationRequested)
                    return FailedLineAction.GiveBack;
                var works = health.HasSucceededSince(at);
                failure = await TryAsync(Suspect).ConfigureAwait(false);
                if (IsOver(failure))
                    return FailedLineAction.GiveBack;
                if (failure.End == CommandEnd.Done)
                    return TryAgain();
                if (works || await TryAnotherAsync(ahead).ConfigureAwait(false))
                {
                    // Either the stage works again, or it has always worked and there are many bad lines.
                    var again = works ? failure : await TryAsync(Suspect).ConfigureAwait(false);
                    if (IsOver(again))
                        return FailedLineAction.GiveBack;
                    if (again.End == CommandEnd.Done)
                        return TryAgain();
                    health.IncreaseProbeLimit();
                    return BlameLine();
                }
                if (run.Control.Ended.IsCompleted)
                    return FailedLineAction.GiveBack;
                if (health.IsWrong && IsFatal)
                    return Fail(failure);
                if (run.Clock.GetElapsedTime(started) >= (health.IsWrong ? LastWait : UndecidedWait))
                {
                    var isLast = await IsLastAsync(orElsewhere: true).ConfigureAwait(false);
                    // If only room is missing, the next line may decide.
                    health.HasGivenUp = isLast && run.OpenSources().Count == 0;
                    if (isLast || !health.IsWrong)
                        return FailedLineAction.Line;
                }
                // Not in the first round, in which most unnecessary pauses end.
                if (health.IsWrong && !isShown)
                    run.Pauses.Begin(stage.Definition.Name, stage.SilentFailures.Describe(failure));
                isShown |= health.IsWrong;
            }
        }
        finally
        {
            if (isShown)
                run.Pauses.End(stage.Definition.Name, run.Clock.GetElapsedTime(started));
        }
    }

    FailedLineAction BlameLine()
    {
        health.ConfirmPoison(Suspect);
        return FailedLineAction.Line;
    }

    FailedLineAction TryAgain()
    {
        health.ClearSuspicion();
        return FailedLineAction.TryAgain;
    }

    FailedLineAction Fail(CommandResult failure)
    {
        run.Control.Fail(
            $"stage '{stage.Definition.Name}' fails as a whole ({health.FailedAlone} lines in a row, each run alone, failed in the same way): {stage.SilentFailures.Describe(failure)}"
        );
        return FailedLineAction.GiveBack;
    }

    static bool IsOver(CommandResult result) => result.End is CommandEnd.Killed or CommandEnd.CannotRun;

    /// <summary>
    /// Tries a line farther away than any before, or all remaining lines if they are few. If none is left, tries a line
    /// that is known to succeed.
    /// </summary>
    async ValueTask<bool> TryAnotherAsync(LookAhead ahead)
    {
        await TakeFartherAsync(ahead).ConfigureAwait(false);
        var fresh = others.Where(IsFresh).Reverse().ToList();
        foreach (var other in fresh.Take(fresh.Count <= Few ? Few : 1))
        {
            var result = await TryAsync(other).ConfigureAwait(false);
            if (result.End == CommandEnd.Done)
                return true;
            if (IsOver(result) || result.End == CommandEnd.TimedOut)
                return false;
        }
        return fresh.Count <= Few && await ProbeAsync().ConfigureAwait(false) is { End: CommandEnd.Done };
    }

    /// <summary>
    /// Leases twice as many lines as before and returns the last one; null if no more wait, or it was tried before.
    /// </summary>
    async ValueTask<BufferedRecord<ConveyorRecord>?> TakeFartherAsync(LookAhead ahead)
    {
        if (reach < MaxReach)
            reach *= 2;
        else if (others.Count >= 2 * MaxReach)
            return null;
        var more = await ahead.TakeAsync(reach).ConfigureAwait(false);
        others.AddRange(more);
        return more.Count > 0 && IsFresh(more[^1]) ? more[^1] : null;
    }

    /// <summary>
    /// Gives an unsettled line that succeeded to the command once more, to test whether the stage works when all other
    /// lines fail. Returns null if there is none.
    /// </summary>
    async ValueTask<CommandResult?> ProbeAsync() =>
        health.Unsettled.Probe is { } probe ? await TryAsync(probe, isProbe: true).ConfigureAwait(false) : null;

    /// <summary>
    /// Returns whether every line that waits in the stage was tried alone and failed, and no other can come, because
    /// there is none or there is no room for it.
    /// </summary>
    /// <param name="orElsewhere">
    /// Whether other lines may be held by workers that wait for this worker's lines to keep the order.
    /// </param>
    async ValueTask<bool> IsLastAsync(bool orElsewhere)
    {
        var open = run.OpenSources();
        var snapshot = await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false);
        var level = snapshot.Stages.First(s => s.Stage == stage.Definition.Name).Level;
        if (level.Free > 0)
        {
            var earlier = run
                .Definition.Stages.Select(s => s.Name)
                .TakeWhile(n => n != stage.Definition.Name)
                .ToHashSet();
            if (snapshot.Stages.Any(s => earlier.Contains(s.Stage) && s.Level.Pending > 0))
                return false;
            if (
                snapshot.Total.Free > 0
                && !open.All(name => snapshot.Sources.Any(s => s.Source == name && s.Level.Free <= 0))
            )
                return false;
        }
        return level.Pending <= health.FailedAlone
            || orElsewhere && level.Pending == level.InFlight && !others.Any(IsFresh);
    }

    /// <summary>Gives one line to the command. If it succeeds, its result is kept for its turn.</summary>
    async ValueTask<CommandResult> TryAsync(BufferedRecord<ConveyorRecord> record, bool isProbe = false)
    {
        tried.Add((record.SourceId, record.Sequence));
        var begun = health.Now;
        var result = await stage
            .RunCommandAsync(record.SourceId, new[] { record.Record }, persistent)
            .ConfigureAwait(false);
        if (result.End == CommandEnd.Done)
        {
            if (!isProbe)
                health.Unsettled.Keep(record, result.Results);
            health.RecordSuccess(begun);
        }
        else if (result.End is CommandEnd.Failed or CommandEnd.TimedOut)
        {
            if (run.Control.Ended.IsCompleted)
                return result with { End = CommandEnd.Killed };
            if (result.End == CommandEnd.TimedOut)
                timeouts++;
            if (!isProbe)
                health.RecordFailure(record, result);
        }
        else if (result.End == CommandEnd.CannotRun)
            run.Control.Fail($"stage '{stage.Definition.Name}': {result.Error}");
        return result;
    }

    /// <summary>
    /// Returns the lines in the order in which they are tried: the next one, the last of the worker's own, the last of
    /// all, those between at distances that double, and then the others.
    /// </summary>
    IEnumerable<BufferedRecord<ConveyorRecord>> OrderBySpread()
    {
        var ownCount = own.Count - suspect - 1;
        int[] first =
        [
            0,
            others.Count - 1,
            ownCount - 1,
            1,
            others.Count / 2,
            .. Enumerable.Range(1, 14).Select(power => (1 << power) - 1),
        ];
        return first
            .Where(place => place >= 0 && place < others.Count)
            .Concat(Enumerable.Range(0, others.Count))
            .Select(place => others[place])
            .Where(IsFresh)
            .Take(health.ProbeLimit);
    }

    /// <summary>Returns whether the line was not tried before; only such a line gives new evidence.</summary>
    bool IsFresh(BufferedRecord<ConveyorRecord> record) =>
        !tried.Contains((record.SourceId, record.Sequence))
        && !health.Unsettled.IsKept(record)
        && !health.IsKnownBad(record);
}
