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
    public long Out;

    public CreditGrant RequestCredits(string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0)
    {
        CheckCreditRequest(records, timeToLive, bytesPerRecord);
        using var session = parts.Sessions.Enter(stage, source);
        var (to, line) = (session.Stage, session.Line);
        var grant = Grant_NeedsLock(to, line, records, timeToLive, bytesPerRecord, to.Lane.Before(line), out var stopper);
        if (grant.Records == 0) parts.Admission.WakeLater_NeedsLock(to, line, bytesPerRecord, stopper);
        return grant;
    }

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default)
    {
        CheckCreditRequest(records, timeToLive, bytesPerRecord);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<CreditGrant>(cancellation);
        CreditWaiter waiter;
        StageState<T> to;
        using (var session = parts.Sessions.Enter(stage, source))
        {
            to = session.Stage;
            var line = session.Line;
            if (WhyNever(to, session.Source, bytesPerRecord) is { } never) throw never;
            var grant = Grant_NeedsLock(to, line, records, timeToLive, bytesPerRecord, to.Lane.Before(line), out var stopper);
            if (grant.Records > 0 || parts.State != ManagerState.Running) return new(grant);
            if (store is { IsFailing: true }) parts.Timer.WatchStore_NeedsLock(to);
            if (stopper == OfferStatus.StageFull && !line.WasRefused) to.Refused_NeedsLock(line);
            waiter = new(line, records, timeToLive, bytesPerRecord);
            parts.Room.Await_NeedsLock(to, waiter, WaitingOffers<T>.WaitsFor(stopper));
        }
        parts.Room.Pump(); // room may have become free between the refusal and the wait
        return WaitAsync(to, waiter, cancellation);
    }

    async ValueTask<CreditGrant> WaitAsync(StageState<T> stage, CreditWaiter waiter, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(_ => Cancel(stage, waiter, cancellation), null))
            return await waiter.Answer.Task.ConfigureAwait(false);
    }

    void Cancel(StageState<T> stage, CreditWaiter waiter, CancellationToken cancellation)
    {
        if (!parts.Room.StopWaiting(stage, waiter, out var mayHelp)) return; // it was answered
        waiter.Answer.TrySetCanceled(cancellation);
        if (mayHelp || !refusals.IsEmpty) parts.Room.Pump();
    }

    static void CheckCreditRequest(int records, TimeSpan timeToLive, int bytesPerRecord)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerRecord);
        Durations.Positive(timeToLive, nameof(timeToLive));
    }

    /// <summary>Why so many bytes can never be granted for one record; null: they can.</summary>
    public ArgumentOutOfRangeException? WhyNever(StageState<T> stage, SourceState source, int bytesPerRecord)
    {
        if (parts.Admission.CouldEverHold(stage, source, bytesPerRecord)) return null;
        var most = Math.Min(Math.Min(stage.Pool.Limits.Bytes ?? long.MaxValue, source.Pool.Limits.Bytes ?? long.MaxValue), global.Limits.Bytes ?? long.MaxValue);
        return new ArgumentOutOfRangeException(
            nameof(bytesPerRecord), bytesPerRecord, $"bytesPerRecord is {bytesPerRecord}; the limits could never hold more than {most} bytes.");
    }

    /// <summary>Grants what there is room for, none when those who wait come first.</summary>
    public CreditGrant Grant_NeedsLock(
        StageState<T> to, SourceLine<T> line, int records, TimeSpan timeToLive, int bytesPerRecord, OfferStatus before, out OfferStatus stopper)
    {
        var source = line.Source!;
        stopper = parts.State != ManagerState.Running ? OfferStatus.Draining
            : source.IsHeldByOperator ? OfferStatus.Held : parts.Admission.IsOpen_NeedsLock(line) ? before : OfferStatus.SourceFull;
        var granted = 0;
        while (stopper == OfferStatus.Accepted && granted < records)
        {
            stopper = parts.Admission.TakeRoom_NeedsLock(to, source, bytesPerRecord);
            if (stopper == OfferStatus.Accepted) granted++;
        }
        if (granted == 0) return new(0, source.Id, to.Id, 0, clock.DateOf(to.Now));
        var expires = to.Now + Durations.Milliseconds(timeToLive);
        var held = line.Holds;
        line.BeforeChange(to.Now);
        var credit = to.Credits.Open(line, granted, bytesPerRecord, expires);
        Interlocked.Add(ref Out, granted);
        RecordAdmission<T>.Placed_NeedsLock(to, line, held);
        return new(credit.Id, source.Id, to.Id, granted, clock.DateOf(expires));
    }

    public int GiveBackCredits(CreditGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (grant.Id == 0) return 0;
        if (parts.Stages.TryEnter(grant.StageId) is not { } to) return 0;
        try
        {
            return to.Buffer.FindLine(grant.SourceId) is { } line && to.Credits.Find(grant.Id, line) is { } credit ? CloseCredit_NeedsLock(to, credit) : 0;
        }
        finally { parts.Sessions.Leave(to); }
    }

    public OfferStatus TakeCredit_NeedsLock(StageState<T> stage, SourceLine<T> line, CreditBook.Credit credit, int bytes)
    {
        var source = line.Source!;
        var more = bytes - credit.BytesPerRecord;
        if (more > 0)
        {
            if (!stage.Pool.TryTakeBytes(more, stage.Pool.OwedBytes)) return OfferStatus.StageFull;
            if (!source.Pool.TryTakeBytes(more, source.Pool.OwedBytes))
            {
                stage.Pool.Release(0, more);
                return OfferStatus.SourceFull;
            }
            if (!global.TryTakeBytes(more, global.OwedBytes))
            {
                stage.Pool.Release(0, more);
                source.Pool.Release(0, more);
                stage.Touch(source);
                return OfferStatus.GlobalFull;
            }
        }
        line.BeforeChange(stage.Now);
        stage.Credits.Use(credit);
        Interlocked.Decrement(ref Out);
        if (more < 0) stage.Release(line, 0, -more, 0, -more);
        return OfferStatus.Accepted;
    }

    public int CloseCredit_NeedsLock(StageState<T> stage, CreditBook.Credit credit)
    {
        credit.Line.BeforeChange(stage.Now);
        var (records, bytes) = stage.Credits.Close(credit);
        Interlocked.Add(ref Out, -records);
        stage.Release(credit.Line, records, bytes, records, bytes);
        return records;
    }
}
