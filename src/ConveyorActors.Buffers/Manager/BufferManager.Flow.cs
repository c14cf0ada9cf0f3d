using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;

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
    public long AvailableCredits(string source) => Asked(source).AvailableCredits;

    /// <summary>The least of the free room of manager, source and stage, in records. Never negative.</summary>
    public long AvailableCredits(string source, string stage) => Math.Min(AvailableCredits(source), FindStage(stage)?.Pool.Available ?? settings.MaxPerStage);

    /// <summary>Reserves room for offers of one source to one stage. An offer with a credit is never refused for want of room.</summary>
    /// <param name="source">Who will offer.</param>
    /// <param name="stage">Where.</param>
    /// <param name="records">How many; fewer may be granted, also none. From 1.</param>
    /// <param name="timeToLive">How long what is not used stays reserved. From 1 ms.</param>
    /// <param name="bytesPerRecord">Where bytes are bounded: the room kept for each record. A larger one asks for what is more, and may be refused that.</param>
    public CreditGrant RequestCredits(string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerRecord);
        Durations.Positive(timeToLive, nameof(timeToLive));
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
                var expires = to.Now + (long)timeToLive.TotalMilliseconds;
                if (State != ManagerState.Running || to.Offers.Count > 0) return new(0, source, stage, 0, clock.DateOf(to.Now));
                var granted = 0;
                while (granted < records && TakeRoom_NeedsLock(to, from, bytesPerRecord) == OfferStatus.Accepted) granted++;
                if (granted == 0) return new(0, source, stage, 0, clock.DateOf(to.Now));
                var held = line.Holds;
                line.BeforeChange(to.Now);
                var credit = to.Credits.Open(line, granted, bytesPerRecord, expires);
                Interlocked.Add(ref creditsOut, granted);
                Placed_NeedsLock(to, line, held);
                return new(credit.Id, source, stage, granted, clock.DateOf(expires));
            }
            finally { Leave(to); }
        }
    }

    /// <summary>Gives back what is left of a grant. Answers how many records that was; 0 when it was used up, given back or expired before.</summary>
    public int GiveBackCredits(CreditGrant grant)
    {
        if (grant.Id == 0) return 0;
        var to = Enter(grant.StageId);
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
        var imagined = new SourceState(source, SourceLimits(settings), global, clock.NowMs);
        imagined.Evaluate();
        return imagined;
    }

    OfferStatus TakeCredit_NeedsLock(StageState<T> stage, Stages.SourceLine<T> line, CreditBook.Credit credit, int bytes)
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
