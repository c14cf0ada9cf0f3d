using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    long creditsOut;

    /// <summary>True when the source should slow down or pause.</summary>
    public bool ShouldBackpressure(string source) => Signal(source).IsHeld;

    /// <summary>What the source should do now.</summary>
    public BackpressureSignal Signal(string source) => Asked(source).Signal;

    /// <summary>The source's signal and every change of it. Dispose the subscription when done.</summary>
    public SignalSubscription SubscribeSignals(string source)
    {
        while (true)
        {
            var known = SourceOf(source);
            if (known.Subscribe() is not { } subscription)
            {
                recentSources.Forget(known); // it was removed meanwhile
                continue;
            }
            if (State == ManagerState.Stopped) subscription.End();
            return subscription;
        }
    }

    /// <summary>The least of the free room of manager and source, in records. Never negative.</summary>
    public long AvailableCredits(string source)
    {
        var asked = Asked(source);
        // A source that waits until there is room, and offers nothing before, needs room all the same.
        if (asked is { Allowance: { } allowance, Pool: { IsGrantBinding: true, Available: 0 } }) allowance.Lacked(1);
        return asked.AvailableCredits;
    }

    /// <summary>The least of the free room of manager, source and stage, in records. Never negative.</summary>
    public long AvailableCredits(string source, string stage) => Math.Min(AvailableCredits(source), FindStage(stage)?.Pool.Available ?? settings.MaxPerStage);

    /// <summary>Reserves room for offers of one source to one stage. An offer with a credit is never refused for want of room.</summary>
    /// <param name="source">Who will offer.</param>
    /// <param name="stage">Where.</param>
    /// <param name="records">How many; fewer may be granted, also none. From 1.</param>
    /// <param name="timeToLive">How long unused room stays reserved. From 1 ms, or infinite: until it is given back.</param>
    /// <param name="bytesPerRecord">Where bytes are bounded: the room kept for each record. A larger one asks for what is more, and may be refused that.</param>
    public CreditGrant RequestCredits(string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0)
    {
        CheckCreditRequest(records, timeToLive, bytesPerRecord);
        while (true)
        {
            var from = SourceOf(source);
            var to = Enter(stage);
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                continue;
            }
            try
            {
                var grant = Grant_NeedsLock(to, line, records, timeToLive, bytesPerRecord, to.Lane.Before(line), out var stopper);
                if (grant.Records == 0) WakeLater_NeedsLock(to, line, bytesPerRecord, stopper);
                return grant;
            }
            finally { Leave(to); }
        }
    }

    /// <summary>The same, waiting until at least one record of room can be granted. None is granted only when the manager is stopping or has stopped.</summary>
    /// <remarks>
    /// Whoever waits for room, with an offer or for credits, is served first come, first served over all stages; one that waits for its own stage's or
    /// source's room does not hold up the others. A wait that is cancelled leaves no credit behind.
    /// </remarks>
    /// <param name="source">Who will offer.</param>
    /// <param name="stage">Where.</param>
    /// <param name="records">How many; fewer may be granted. From 1.</param>
    /// <param name="timeToLive">How long unused room stays reserved, from the moment of the grant. From 1 ms, or infinite: until it is given back.</param>
    /// <param name="bytesPerRecord">Where bytes are bounded: the room kept for each record; at most what every limit could ever hold.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limits could never hold so many bytes for one record, or are changed to such while it waits.</exception>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default)
    {
        CheckCreditRequest(records, timeToLive, bytesPerRecord);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<CreditGrant>(cancellation);
        while (true)
        {
            var from = SourceOf(source);
            var to = Enter(stage);
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                continue;
            }
            CreditWaiter waiter;
            try
            {
                if (WhyNever(to, from, bytesPerRecord) is { } never) throw never;
                var grant = Grant_NeedsLock(to, line, records, timeToLive, bytesPerRecord, to.Lane.Before(line), out var stopper);
                if (grant.Records > 0 || State != ManagerState.Running) return new(grant);
                if (store is { IsFailing: true }) WatchStore_NeedsLock(to);
                if (stopper == OfferStatus.StageFull && !line.WasRefused) to.Refused_NeedsLock(line);
                waiter = new(line, records, timeToLive, bytesPerRecord);
                to.Lane.Add(waiter, WaitsFor(stopper));
                waiting[to] = true;
            }
            finally { Leave(to); }
            Pump(); // room may have become free between the refusal and the wait
            return WaitAsync(to, waiter, cancellation);
        }
    }

    async ValueTask<CreditGrant> WaitAsync(StageState<T> stage, CreditWaiter waiter, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(_ => Cancel(stage, waiter, cancellation), null))
            return await waiter.Answer.Task.ConfigureAwait(false);
    }

    void Cancel(StageState<T> stage, CreditWaiter waiter, CancellationToken cancellation)
    {
        if (!StopWaiting(stage, waiter, out var mayHelp)) return; // it was answered
        waiter.Answer.TrySetCanceled(cancellation);
        if (mayHelp || !refusals.IsEmpty) Pump();
    }

    static void CheckCreditRequest(int records, TimeSpan timeToLive, int bytesPerRecord)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerRecord);
        Durations.Positive(timeToLive, nameof(timeToLive));
    }

    /// <summary>Why so many bytes can never be granted for one record; null: they can.</summary>
    ArgumentOutOfRangeException? WhyNever(StageState<T> stage, SourceState source, int bytesPerRecord)
    {
        if (CouldEverHold(stage, source, bytesPerRecord)) return null;
        var most = Math.Min(Math.Min(stage.Pool.Limits.Bytes ?? long.MaxValue, source.Pool.Limits.Bytes ?? long.MaxValue), global.Limits.Bytes ?? long.MaxValue);
        return new ArgumentOutOfRangeException(
            nameof(bytesPerRecord), bytesPerRecord, $"bytesPerRecord is {bytesPerRecord}; the limits could never hold more than {most} bytes.");
    }

    bool CouldEverHold(StageState<T> stage, SourceState source, int bytes) =>
        bytes == 0 || stage.Pool.CouldEverHold(bytes) && source.Pool.CouldEverHold(bytes) && global.CouldEverHold(bytes);

    /// <summary>Grants what there is room for, none when those who wait come first.</summary>
    CreditGrant Grant_NeedsLock(
        StageState<T> to, SourceLine<T> line, int records, TimeSpan timeToLive, int bytesPerRecord, OfferStatus before, out OfferStatus stopper)
    {
        var source = line.Source!;
        stopper = State != ManagerState.Running ? OfferStatus.Draining
            : source.IsHeldByOperator ? OfferStatus.Held : IsOpen_NeedsLock(line) ? before : OfferStatus.SourceFull;
        var granted = 0;
        while (stopper == OfferStatus.Accepted && granted < records)
        {
            stopper = TakeRoom_NeedsLock(to, source, bytesPerRecord);
            if (stopper == OfferStatus.Accepted) granted++;
        }
        if (granted == 0) return new(0, source.Id, to.Id, 0, clock.DateOf(to.Now));
        var expires = to.Now + Durations.Milliseconds(timeToLive);
        var held = line.Holds;
        line.BeforeChange(to.Now);
        var credit = to.Credits.Open(line, granted, bytesPerRecord, expires);
        Interlocked.Add(ref creditsOut, granted);
        Placed_NeedsLock(to, line, held);
        return new(credit.Id, source.Id, to.Id, granted, clock.DateOf(expires));
    }

    /// <summary>Gives back what is left of a grant. Answers how many records that was; 0 when it was used up, given back or expired before.</summary>
    public int GiveBackCredits(CreditGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (grant.Id == 0) return 0;
        if (TryEnter(grant.StageId) is not { } to) return 0;
        try
        {
            return to.Buffer.FindLine(grant.SourceId) is { } line && to.Credits.Find(grant.Id, line) is { } credit ? CloseCredit_NeedsLock(to, credit) : 0;
        }
        finally { Leave(to); }
    }

    /// <summary>A source to ask about. One that does not exist is answered as it would be if it did, and is not made by asking.</summary>
    SourceState Asked(string source)
    {
        if (FindSource(source) is { } known) return known;
        return MakeSource(source);
    }

    OfferStatus TakeCredit_NeedsLock(StageState<T> stage, SourceLine<T> line, CreditBook.Credit credit, int bytes)
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
        Interlocked.Decrement(ref creditsOut);
        if (more < 0) stage.Release(line, 0, -more, 0, -more);
        return OfferStatus.Accepted;
    }

    int CloseCredit_NeedsLock(StageState<T> stage, CreditBook.Credit credit)
    {
        credit.Line.BeforeChange(stage.Now);
        var (records, bytes) = stage.Credits.Close(credit);
        Interlocked.Add(ref creditsOut, -records);
        stage.Release(credit.Line, records, bytes, records, bytes);
        return records;
    }
}
