using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Grants credits: room that is reserved for offers still to come.</summary>
sealed class CreditIssuer<T>(ManagerParts<T> parts)
{
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RefusedSources<T> refusals = parts.Refusals;
    long outstanding;

    /// <summary>Gets the room granted by credits and not used yet, in records.</summary>
    public long Outstanding => Interlocked.Read(ref outstanding);

    public CreditGrant RequestCredits(
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0
    )
    {
        Amounts.ValidateCredits(records, timeToLive, bytesPerRecord);
        using var session = parts.Sessions.Enter(stage, source);
        var (to, queue) = (session.Stage, session.Queue);
        var grant = Grant_NeedsLock(
            to,
            queue,
            records,
            timeToLive,
            bytesPerRecord,
            to.Lane.FindRoomToWaitFor(queue),
            out var stopper
        );
        if (grant.Records == 0)
            parts.Admission.WakeLater_NeedsLock(to, queue, bytesPerRecord, stopper);
        return grant;
    }

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.ValidateCredits(records, timeToLive, bytesPerRecord);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<CreditGrant>(cancellationToken);
        CreditWaiter waiter;
        StageState<T> to;
        using (var session = parts.Sessions.Enter(stage, source))
        {
            to = session.Stage;
            var queue = session.Queue;
            if (FindSizeError(to, session.Source, bytesPerRecord) is { } never)
                throw never;
            var grant = Grant_NeedsLock(
                to,
                queue,
                records,
                timeToLive,
                bytesPerRecord,
                to.Lane.FindRoomToWaitFor(queue),
                out var stopper
            );
            if (grant.Records > 0 || parts.State != ManagerState.Running)
                return new(grant);
            if (store is { IsFailing: true })
                parts.Timer.WatchStore_NeedsLock(to);
            if (stopper == OfferStatus.StageFull && !queue.WasRefused)
                to.MarkRefused_NeedsLock(queue);
            waiter = new(queue, records, timeToLive, bytesPerRecord);
            parts.Room.Await_NeedsLock(to, waiter, WaitingOffers<T>.GetRoomToWaitFor(stopper));
        }
        parts.Room.Pump(); // room may have become free between the refusal and the wait
        return WaitAsync(to, waiter, cancellationToken);
    }

    async ValueTask<CreditGrant> WaitAsync(
        StageState<T> stage,
        CreditWaiter waiter,
        CancellationToken cancellationToken
    )
    {
        using (cancellationToken.UnsafeRegister(_ => Cancel(stage, waiter, cancellationToken), null))
            return await waiter.Completion.Task.ConfigureAwait(false);
    }

    void Cancel(StageState<T> stage, CreditWaiter waiter, CancellationToken cancellationToken)
    {
        if (!parts.Room.StopWaiting(stage, waiter, out var mayHelp))
            return; // the wait has already ended
        waiter.Completion.TrySetCanceled(cancellationToken);
        if (mayHelp || !refusals.IsEmpty)
            parts.Room.Pump();
    }

    /// <summary>Returns the error when the given bytes can never be granted for one record; null: they can.</summary>
    ArgumentOutOfRangeException? FindSizeError(StageState<T> stage, SourceState source, int bytesPerRecord)
    {
        if (parts.Levels.CanEverHold(stage, source, bytesPerRecord))
            return null;
        var most = Math.Min(
            Math.Min(stage.Pool.Limits.Bytes ?? long.MaxValue, source.Pool.Limits.Bytes ?? long.MaxValue),
            global.Limits.Bytes ?? long.MaxValue
        );
        return new ArgumentOutOfRangeException(
            nameof(bytesPerRecord),
            bytesPerRecord,
            $"bytesPerRecord is {bytesPerRecord}; the limits could never hold more than {most} bytes."
        );
    }

    /// <summary>Returns a grant of no room.</summary>
    public CreditGrant CreateEmptyGrant(StageState<T> stage, SourceState source) =>
        new(0, stage.Id, source.Id, 0, clock.GetDate(stage.Now));

    /// <summary>Grants the available room, or none when earlier requests wait.</summary>
    public CreditGrant Grant_NeedsLock(
        StageState<T> to,
        SourceQueue<T> queue,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord,
        OfferStatus before,
        out OfferStatus stopper
    )
    {
        var source = queue.Source!;
        stopper =
            parts.State != ManagerState.Running ? OfferStatus.Draining
            : source.IsHeldByOperator ? OfferStatus.Held
            : parts.Admission.IsOpen_NeedsLock(queue) ? before
            : OfferStatus.SourceFull;
        var granted = 0;
        while (stopper == OfferStatus.Accepted && granted < records)
        {
            stopper = parts.Levels.Take_NeedsLock(to, source, bytesPerRecord);
            if (stopper == OfferStatus.Accepted)
                granted++;
        }
        if (granted == 0)
            return CreateEmptyGrant(to, source);
        var expires = to.Now + Durations.ToMilliseconds(timeToLive);
        var held = queue.Holds;
        queue.UpdateFillArea(to.Now);
        var credit = to.Credits.Open(queue, granted, bytesPerRecord, expires);
        Interlocked.Add(ref outstanding, granted);
        RecordAdmission<T>.RecordPlaced_NeedsLock(to, queue, held);
        return new(credit.Id, to.Id, source.Id, granted, clock.GetDate(expires));
    }

    public int GiveBackCredits(CreditGrant grant)
    {
        Amounts.Validate(grant);
        if (grant.Id == 0)
            return 0;
        if (parts.Stages.TryEnter(grant.StageId) is not { } to)
            return 0;
        try
        {
            return to.Buffer.FindQueue(grant.SourceId) is { } queue && to.Credits.Find(grant.Id, queue) is { } credit
                ? CloseCredit_NeedsLock(to, credit)
                : 0;
        }
        finally
        {
            parts.Sessions.Leave(to);
        }
    }

    /// <summary>Accepts as many records as the grant still covers. Bytes are counted here, not limited.</summary>
    public void Admit_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ReadOnlySpan<T> records,
        int[]? sizes,
        CreditGrant credits,
        ref OfferProgress progress
    )
    {
        if (stage.Credits.Find(credits.Id, queue) is not { } credit)
            return;
        var taken = Math.Min(records.Length - progress.Consumed, credit.Records);
        if (taken == 0)
            return;
        var placedSizes = sizes is null ? default : sizes.AsSpan(progress.Consumed, taken);
        var more = -(long)taken * credit.BytesPerRecord;
        foreach (var size in placedSizes)
            more += size;
        if (more > 0)
        {
            stage.Pool.TryTakeBytes(more);
            queue.Source!.Pool.TryTakeBytes(more);
            global.TryTakeBytes(more);
        }
        queue.UpdateFillArea(stage.Now);
        stage.Credits.Use(credit, taken);
        Interlocked.Add(ref outstanding, -taken);
        if (more < 0)
            stage.Release(queue, 0, -more, 0, -more);
        var held = queue.Holds;
        stage.Buffer.Add(queue, records.Slice(progress.Consumed, taken), placedSizes, stage.Now);
        RecordAdmission<T>.RecordPlaced_NeedsLock(stage, queue, held);
        progress.Accepted += taken;
        progress.Consumed += taken;
    }

    public OfferStatus TakeCredit_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        CreditRegistry.Credit credit,
        int bytes
    )
    {
        var source = queue.Source!;
        var more = bytes - credit.BytesPerRecord;
        if (more > 0)
        {
            if (!stage.Pool.TryTakeBytes(more, stage.Pool.ReservedBytes))
                return OfferStatus.StageFull;
            if (!source.Pool.TryTakeBytes(more, source.Pool.ReservedBytes))
            {
                stage.Pool.Release(0, more);
                return OfferStatus.SourceFull;
            }
            if (!global.TryTakeBytes(more, global.ReservedBytes))
            {
                stage.Pool.Release(0, more);
                source.Pool.Release(0, more);
                stage.QueueZoneUpdate(source);
                return OfferStatus.GlobalFull;
            }
        }
        queue.UpdateFillArea(stage.Now);
        stage.Credits.Use(credit);
        Interlocked.Decrement(ref outstanding);
        if (more < 0)
            stage.Release(queue, 0, -more, 0, -more);
        return OfferStatus.Accepted;
    }

    public int CloseCredit_NeedsLock(StageState<T> stage, CreditRegistry.Credit credit)
    {
        credit.Queue.UpdateFillArea(stage.Now);
        var (records, bytes) = stage.Credits.Close(credit);
        Interlocked.Add(ref outstanding, -records);
        stage.Release(credit.Queue, records, bytes, records, bytes);
        return records;
    }
}
