using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Commands.Unix;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Processes one lease with the stage's command. A part that fails is halved until the failing line is alone, and only
/// that line is charged a retry. A line that failed before is tried alone at once, so that no other line fails with it.
/// </summary>
sealed class LeaseWork
{
    /// <summary>
    /// Maximum bytes of more than one line given to a command at once. The results are held until the command is done,
    /// and they are often as large.
    /// </summary>
    const long PartBytes = 8 << 20;

    /// <summary>The time for which the results of a run that ends may wait for room.</summary>
    static readonly TimeSpan HopGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>The time without any work after which a pipeline counts as standing still.</summary>
    static readonly TimeSpan StandStill = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The time that a command which died of a stop signal waits for the same signal to reach this process.
    /// </summary>
    static readonly TimeSpan SignalGrace = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// The time, in milliseconds, that a run which ends waits for the report that its commands got the signal too.
    /// </summary>
    const int HearingMilliseconds = 50;

    readonly StageRun stage;
    readonly RunContext run;
    readonly LeasedBatch lease;
    readonly PersistentCommand? persistent;
    readonly IReadOnlyList<BufferedRecord<ConveyorRecord>> records;
    readonly LeaseParts parts;

    /// <param name="stage">The stage.</param>
    /// <param name="lease">The lease to process.</param>
    /// <param name="persistent">
    /// The worker's own command, if the stage's commands are persistent; otherwise null.
    /// </param>
    public LeaseWork(StageRun stage, LeasedBatch lease, PersistentCommand? persistent)
    {
        (this.stage, this.lease, this.persistent, run) = (stage, lease, persistent, stage.Run);
        records = lease.Records;
        Source = records[0].SourceId;
        parts = new(lease);
        parts.SplitLease(
            stage.Gate?.Register(Source, parts.AllSequences) ?? [records.Count],
            stage.Definition.Batch is null ? BatchSize.MaxCommandBytes : PartBytes
        );
    }

    string Source { get; }

    public async Task RunAsync()
    {
        using var keeper = new LeaseRenewer(run, lease);
        while (parts.TryPop(out var part))
        {
            if (!await TryAsync(part).ConfigureAwait(false))
                await GiveBackRestAsync().ConfigureAwait(false);
            run.ProgressSignal.Notify();
        }
    }

    /// <summary>Tries a part of the lease. Returns false if the rest of the lease must not be tried now.</summary>
    async ValueTask<bool> TryAsync(LeasePart part)
    {
        if (run.Control.Ending.IsCancellationRequested || stage.Health.PausedBy is not null)
            return PutBack(part);
        // A line that was tried before its turn becomes a part of its own, so that it is not tried twice.
        if (stage.Health.Unsettled.HasKept && parts.TrySplit(part, i => stage.Health.Unsettled.IsKept(records[i])))
            return true;
        if (part.Count == 1 && stage.Health.Unsettled.TryTakeKept(records[part.Start], out var kept))
            return await HopAsync(part, kept).ConfigureAwait(false);
        var begun = stage.Health.Now;
        var started = run.Clock.GetTimestamp();
        var running = stage.RunCommandAsync(Source, parts.GetLines(part), persistent);
        await run.ProgressSignal.TrackAsync(running).ConfigureAwait(false);
        var result = await running.ConfigureAwait(false);
        if (result.End == CommandEnd.Done)
            stage.Batch.RecordSuccess(part.Count, parts.CountBytes(part), run.Clock.GetElapsedTime(started));
        else if (result.End is CommandEnd.Failed or CommandEnd.TimedOut)
            stage.Batch.RecordFailure(part.Count);
        if (result.Replied > 0)
        {
            stage.Health.RecordSuccess(begun);
            return await SettleRepliedAsync(part, result).ConfigureAwait(false);
        }
        switch (result.End)
        {
            case CommandEnd.Done:
                if (await IsPossiblyCutShortAsync().ConfigureAwait(false))
                    return PutBack(part);
                stage.Health.RecordSuccess(begun);
                return await HopAsync(part, result.Results).ConfigureAwait(false);
            case CommandEnd.Killed:
                return PutBack(part);
            case CommandEnd.CannotRun:
                run.Control.Fail($"stage '{stage.Definition.Name}': {result.Error}");
                return PutBack(part);
            default:
                if (await IsStoppingAsync(result).ConfigureAwait(false))
                    return PutBack(part);
                if (part.Count == 1)
                    return await HandleFailureAsync(part, result).ConfigureAwait(false);
                parts.Divide(part, result.Suspect);
                return true;
        }
    }

    /// <summary>
    /// Settles the lines that a persistent command had replied to before it ended. The next line is tried alone, unless
    /// only the run has ended.
    /// </summary>
    async ValueTask<bool> SettleRepliedAsync(LeasePart part, CommandResult result)
    {
        var next = part.Start + result.Replied;
        var rest = part.Count - result.Replied;
        var alone = result.End is CommandEnd.Failed or CommandEnd.TimedOut ? 1 : 0;
        if (rest > alone)
            parts.Push(new LeasePart(next + alone, rest - alone));
        if (alone > 0)
            parts.Push(new LeasePart(next, alone));
        return await HopAsync(new LeasePart(part.Start, result.Replied), result.Results).ConfigureAwait(false);
    }

    /// <summary>Handles a line that failed alone: it is charged a retry only if other lines succeed.</summary>
    async ValueTask<bool> HandleFailureAsync(LeasePart part, CommandResult failure)
    {
        switch (
            await new StageInquiry(stage, lease, persistent, records, part.Start)
                .DecideAsync(failure)
                .ConfigureAwait(false)
        )
        {
            case FailedLineAction.Line:
                return await ChargeAsync(part, failure).ConfigureAwait(false);
            case FailedLineAction.TryAgain:
                parts.Push(part);
                return true;
            default:
                return PutBack(part);
        }
    }

    async ValueTask<bool> HopAsync(LeasePart part, ReadOnlyMemory<ConveyorRecord> results)
    {
        if (stage.Gate is { } gate && !await IsItsTurnAsync(gate, part).ConfigureAwait(false))
            return PutBack(part);
        var done = parts.GetSequences(part);
        // The hop is never cancelled before it has begun, since the work is done. Only the wait for room may be given
        // up.
        var hop = run
            .Buffers.HopAsync(
                run.Pipeline,
                lease.Stage,
                lease.Id,
                parts.IsWhole(part) ? null : (IReadOnlyList<long>)done,
                stage.Target,
                results,
                CancellationToken.None
            )
            .AsTask();
        // Hops of one source end in the order in which they began, so the next may begin now. If it waited for the end
        // of this hop, it would hold the room of its records, which may be the room that this hop waits for.
        stage.Gate?.RecordSettled(Source, done);
        if (!await stage.NextProducers.TrackWaitAsync(HasRoomAsync(hop)).ConfigureAwait(false))
            return false;
        if (!hop.IsCompleted)
        {
            await WriteTooLargeAsync(results).ConfigureAwait(false);
            return true;
        }
        var result = await hop.ConfigureAwait(false);
        if (!result.IsOk)
            return await HandleExpiredAsync(part).ConfigureAwait(false);
        await WriteTooLargeAsync(results).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Waits until everything before this part is settled. Returns false if the run ends before that is possible.
    /// </summary>
    async ValueTask<bool> IsItsTurnAsync(OrderGate gate, LeasePart part)
    {
        var first = records[part.Start];
        stage.Health.Unsettled.AddWaiting(first);
        try
        {
            return await gate.WaitForTurnAsync(Source, first.Sequence).ConfigureAwait(false);
        }
        finally
        {
            stage.Health.Unsettled.RemoveWaiting(first);
        }
    }

    /// <summary>
    /// Waits until a hop has ended. Returns false if the run ends first; the hop then continues. If nothing moves at
    /// all any more, the hop also continues and the worker continues, because a result larger than the free room waits
    /// for room that the next lines hold.
    /// </summary>
    async Task<bool> HasRoomAsync(Task hop)
    {
        // In a run that ends, the sink continues for a while, the next stage does not.
        var end = stage.Target == PipelineRunner.SinkStage ? run.Control.Killing : run.Control.Ending;
        try
        {
            while (!hop.IsCompleted)
            {
                var next = run.ProgressSignal.Next;
                var moved = Task.WhenAny(hop, next);
                await Task.WhenAny(moved, Task.Delay(StandStill, run.Clock, end)).ConfigureAwait(false);
                end.ThrowIfCancellationRequested();
                if (!moved.IsCompleted && !run.ProgressSignal.IsBusy)
                    return true;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            await Task.WhenAny(hop, Task.Delay(HopGrace, run.Clock, CancellationToken.None)).ConfigureAwait(false);
        }
        return hop.IsCompleted;
    }

    /// <summary>
    /// Charges a retry to a line that failed alone. If the order must be kept, the lines after it wait with it.
    /// </summary>
    async ValueTask<bool> ChargeAsync(LeasePart part, CommandResult failure)
    {
        var error = failure.Error;
        var failed = parts.GetSequences(part);
        var result = await run
            .Buffers.ReturnToBufferAsync(run.Pipeline, lease.Stage, lease.Id, failed, error, charge: true)
            .ConfigureAwait(false);
        if (!result.IsOk)
            return await HandleExpiredAsync(part).ConfigureAwait(false);
        if (result.DeadLettered > 0)
        {
            stage.SilentFailures.Record(failure);
            stage.Gate?.RecordSettled(Source, failed);
            await run.WriteDownAsync(DeadLine.From(records[part.Start], nameof(LossReason.RetriesExhausted), error))
                .ConfigureAwait(false);
            return true;
        }
        stage.Gate?.RecordReturned(Source, failed);
        return !stage.KeepsOrder;
    }

    async ValueTask GiveBackRestAsync()
    {
        if (parts.IsEmpty)
            return;
        var rest = parts.TakeAll();
        await run
            .Buffers.ReturnToBufferAsync(run.Pipeline, lease.Stage, lease.Id, rest, "not tried", charge: false)
            .ConfigureAwait(false);
        stage.Gate?.RecordReturned(Source, rest);
    }

    /// <summary>
    /// Handles an expired lease: its records are in the buffer again, and the command's results are discarded. Records
    /// whose last retry it was are dead letters.
    /// </summary>
    async ValueTask<bool> HandleExpiredAsync(LeasePart part)
    {
        run.Control.Warn(
            $"a lease of stage '{lease.Stage}' expired before its command was done; its lines are tried again"
        );
        PutBack(part);
        var open = parts.TakeAll().ToHashSet();
        foreach (
            var dead in await run
                .Buffers.GetDeadLettersAsync(run.Pipeline, lease.Stage, PipelineRunner.DeadLettersKept)
                .ConfigureAwait(false)
        )
        {
            if (!open.Remove(dead.Record.Sequence))
                continue;
            stage.Gate?.RecordSettled(Source, [dead.Record.Sequence]);
            await run.WriteDownAsync(DeadLine.From(dead.Record, dead.Reason.ToString(), dead.LastError))
                .ConfigureAwait(false);
        }
        stage.Gate?.RecordReturned(Source, [.. open]);
        return false;
    }

    /// <summary>
    /// Returns whether a command failed because the run is being stopped: it may have received the same signal, so its
    /// lines are not at fault.
    /// </summary>
    async ValueTask<bool> IsStoppingAsync(CommandResult result)
    {
        if (result.MayBeStopSignal)
            await Task.WhenAny(run.Control.Ended, Task.Delay(SignalGrace, run.Clock)).ConfigureAwait(false);
        return run.Control.Ended.IsCompleted;
    }

    /// <summary>
    /// Returns whether a command that ended with 0 may have been ended by a signal sent to the whole run, with some of
    /// its lines not handled. These lines are tried again by the next run.
    /// </summary>
    async ValueTask<bool> IsPossiblyCutShortAsync()
    {
        if (
            OperatingSystem.IsWindows()
            || !Watchdog.HasReceivedSignal(run.Control.Ended.IsCompleted ? HearingMilliseconds : 0)
        )
            return false;
        await Task.WhenAny(run.Control.Ended, Task.Delay(SignalGrace, run.Clock)).ConfigureAwait(false);
        if (run.Control.Ended.IsCompleted)
            return true;
        Watchdog.ForgetSignals();
        return false;
    }

    /// <summary>
    /// Writes the results that are too large for any room to the dead-letter file. The hop has already dead-lettered
    /// them.
    /// </summary>
    async ValueTask WriteTooLargeAsync(ReadOnlyMemory<ConveyorRecord> results)
    {
        for (var i = FindTooLarge(results.Span, 0); i >= 0; i = FindTooLarge(results.Span, i + 1))
        {
            var payload = results.Span[i].Payload;
            await run.WriteDownAsync(
                    new DeadLine(
                        stage.Target,
                        Source,
                        null,
                        0,
                        nameof(LossReason.ResultTooLarge),
                        $"the result has {Quantity.Format(payload.Length, "byte")}, more than the limits can admit",
                        payload
                    )
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>Returns the index of the first result, from a given one on, that is too large for any room, or -1.</summary>
    int FindTooLarge(ReadOnlySpan<ConveyorRecord> results, int from)
    {
        for (var i = from; i < results.Length; i++)
            if (results[i].GetSize() > run.LargestRecord)
                return i;
        return -1;
    }

    /// <summary>Puts a part back among those still to be done. Returns false, so that it is not done now.</summary>
    bool PutBack(LeasePart part)
    {
        parts.Push(part);
        return false;
    }
}
