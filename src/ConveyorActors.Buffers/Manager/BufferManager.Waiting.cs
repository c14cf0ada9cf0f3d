using System.Collections.Concurrent;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    // The stages at which hops, offers or requests for credits wait for room; nearly always empty.
    readonly ConcurrentDictionary<StageState<T>, bool> waiting = new();
    readonly RoomQueue room = new();
    readonly TurnOrder<StageState<T>> turns = new();
    readonly HashSet<object> passedOver = []; // sources and queues, in one pass
    int pumpRequests;
    int mustReconsider;
    readonly RefusedSources<T> refusals = new();

    /// <summary>Offers one record; where the stage's rule is <see cref="FullRule.Wait"/>, completes when there is room under every limit.</summary>
    public ValueTask<OfferResult> BufferForStageAsync(
        string stage, string source, T record, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<OfferResult>(cancellation);
        if (MustWaitForStore) return catchUps!.WaitAsync(() => OfferAsync(stage, source, record, credits, cancellation), 1, cancellation);
        return OfferAsync(stage, source, record, credits, cancellation);
    }

    /// <summary>
    /// Offers records, in order; where the stage's rule is <see cref="FullRule.Wait"/>, completes when the last one is in. When a wait is cancelled,
    /// what was accepted by then stays accepted, and the answer says how many; when that is none, the call is cancelled and nothing is left behind.
    /// </summary>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<OfferResult>(cancellation);
        if (MustWaitForStore) return catchUps!.WaitAsync(() => OfferAsync(stage, source, records, credits, cancellation), records.Length, cancellation);
        return OfferAsync(stage, source, records, credits, cancellation);
    }

    /// <summary>Whether the store is behind, or earlier offers wait for it.</summary>
    bool MustWaitForStore => store is not null && (catchUps!.IsInUse || store is { IsBehind: true, IsFailing: false });

    ValueTask<OfferResult> OfferAsync(string stage, string source, T record, CreditGrant? credits, CancellationToken cancellation) =>
        StageOf(stage).Buffer.Settings.WhenFull != FullRule.Wait
            ? MustAsk(source, 1, credits)?.Offers.WaitAsync(() => new(Offer(stage, source, record, credits)), 1, cancellation) ?? new(Offer(stage, source, record, credits))
            : OfferOrWaitAsync(stage, source, new[] { record }, credits, cancellation);

    ValueTask<OfferResult> OfferAsync(string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits, CancellationToken cancellation) =>
        OfferAsync(stage, source, records, credits, null, cancellation);

    ValueTask<OfferResult> OfferAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits, NamedOffer? offer, CancellationToken cancellation) =>
        StageOf(stage).Buffer.Settings.WhenFull != FullRule.Wait
            ? MustAsk(source, records.Length, credits)?.Offers.WaitAsync(() => new(OfferBatch(stage, source, records.Span, credits, offer)), records.Length, cancellation)
                ?? new(OfferBatch(stage, source, records.Span, credits, offer))
            : OfferOrWaitAsync(stage, source, records, credits, cancellation, offer);

    async ValueTask<OfferResult> OfferOrWaitAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits, CancellationToken cancellation, NamedOffer? offer = null)
    {
        var sizes = SizesOf(records.Span);
        string?[]? allIds = null;
        var progress = ProgressOf(offer);
        while (true)
        {
            var from = SourceOf(source);
            var ids = allIds ?? IdsOf(StageOf(stage), records.Span);
            var to = Enter(stage);
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                continue;
            }
            var waiter = new OfferWaiter<T>(line, records, sizes, ids) { Progress = progress, Offer = offer };
            bool mayWait;
            try
            {
                AdmitWaiting_NeedsLock(to, line, waiter, credits, to.Lane.Before(line));
                mayWait = IsWaitable(waiter);
                if (mayWait && to.Buffer.Settings.WhenFull != FullRule.Wait)
                {
                    // The rule has changed since it was looked at.
                    RefuseWaiter_NeedsLock(to, line, waiter);
                    mayWait = false;
                }
                if (mayWait && (ids is not null || options.IdOf is null))
                {
                    to.Lane.Add(waiter, WaitsFor(waiter.Progress.Stopper));
                    waiting[to] = true;
                }
            }
            finally { Leave(to); }
            if (!mayWait) return Answer(from, waiter.Progress);
            if (!waiter.IsWaiting && waiter.Ticket == 0)
            {
                // The user's function is called outside the lock, and only for an offer that has to wait.
                progress = waiter.Progress;
                allIds = AllIdsOf(records.Span);
                continue;
            }
            Pump(); // room may have become free between the refusal and the wait
            using (cancellation.UnsafeRegister(_ => Cancel(to, waiter, cancellation), null))
                return await waiter.Answer.Task.ConfigureAwait(false);
        }
    }

    static bool IsWaitable(OfferWaiter<T> waiter) => waiter.Progress.Consumed < waiter.Records.Length
        && waiter.Progress.Stopper is OfferStatus.StageFull or OfferStatus.SourceFull or OfferStatus.GlobalFull or OfferStatus.Held;

    /// <summary>An offer whose source is held by an operator waits as one whose source is full: it holds up no other source.</summary>
    static OfferStatus WaitsFor(OfferStatus stopper) => stopper == OfferStatus.Held ? OfferStatus.SourceFull : stopper;

    /// <summary>Accepts what there is room for. A stopper that no waiting can help with is final: what is left is refused.</summary>
    void AdmitWaiting_NeedsLock(StageState<T> stage, SourceLine<T> line, OfferWaiter<T> waiter, CreditGrant? credits, OfferStatus before)
    {
        AdmitRest_NeedsLock(stage, line, waiter, credits, before);
        if (waiter.Offer is { } offer) Note_NeedsLock(stage, offer, waiter.Progress, isComplete: !IsWaitable(waiter));
    }

    void AdmitRest_NeedsLock(StageState<T> stage, SourceLine<T> line, OfferWaiter<T> waiter, CreditGrant? credits, OfferStatus before)
    {
        var consumed = waiter.Progress.Consumed;
        var ids = stage.Buffer.Settings.Duplicates is null ? null : waiter.Ids;
        AdmitPrefix_NeedsLock(stage, line, waiter.Records.Span, waiter.Bytes, ids, credits, before, ref waiter.Progress);
        line.Counts.Offered += waiter.Progress.Consumed - consumed;
        if (waiter.Progress.Stopper == OfferStatus.Accepted) return;
        if (IsWaitable(waiter))
        {
            if (waiter.Progress.Stopper == OfferStatus.StageFull && !line.WasRefused) stage.Refused_NeedsLock(line);
            return;
        }
        RefuseWaiter_NeedsLock(stage, line, waiter);
    }

    void RefuseWaiter_NeedsLock(StageState<T> stage, SourceLine<T> line, OfferWaiter<T> waiter)
    {
        var left = waiter.Records.Length - waiter.Progress.Consumed;
        line.Counts.Offered += left;
        Refuse_NeedsLock(stage, line, left, waiter.Bytes is { } bytes && left > 0 ? bytes[waiter.Progress.Consumed] : 0, ref waiter.Progress);
    }

    void Cancel(StageState<T> stage, OfferWaiter<T> waiter, CancellationToken cancellation)
    {
        if (!StopWaiting(stage, waiter, out var mayHelp)) return; // it was answered
        if (waiter.Progress.Consumed > 0) Answer(waiter);
        else waiter.Answer.TrySetCanceled(cancellation);
        if (mayHelp || !refusals.IsEmpty) Pump();
    }

    /// <summary>Takes a waiter out of its lane. Returns false when it is not there any more.</summary>
    bool StopWaiting(StageState<T> stage, RoomWaiter waiter, out bool mayHelp)
    {
        using (stage.Gate.Pass())
        {
            mayHelp = false;
            if (!waiter.IsWaiting) return false;
            mayHelp = stage.Lane.MayHoldUpOthers(waiter);
            stage.Lane.Remove(waiter);
            ForgetIfNobodyWaits_NeedsLock(stage);
            return true;
        }
    }

    /// <summary>Tells a waiter, outside the lock, how its wait has ended.</summary>
    void Answer(RoomWaiter waiter)
    {
        switch (waiter)
        {
            case OfferWaiter<T> offer: offer.Answer.TrySetResult(Answer(offer.Source, offer.Progress)); break;
            case CreditWaiter { Failure: { } failure } credits: credits.Answer.TrySetException(failure); break;
            case CreditWaiter credits: credits.Answer.TrySetResult(credits.Grant!); break;
        }
    }

    /// <summary>Gives room that became free to those who wait: to hops, the deepest stage first, then to offers and requests for credits; first come, first served.</summary>
    /// <remarks>One thread at a time; others leave their request with it. Never called under a stage's gate.</remarks>
    void Pump()
    {
        if (Interlocked.Increment(ref pumpRequests) != 1) return;
        int seen;
        do
        {
            seen = Volatile.Read(ref pumpRequests);
            PumpOnce();
            if (!refusals.IsEmpty) refusals.Wake(null, WouldTake);
        }
        while (Interlocked.CompareExchange(ref pumpRequests, 0, seen) != seen);
    }

    void PumpOnce()
    {
        if (waiting.IsEmpty) return;
        PumpHops();
        if (room.Count > 0) PumpRoom();
        if (Interlocked.Exchange(ref mustReconsider, 0) == 0) return;
        foreach (var (stage, _) in waiting) Reconsider(stage);
    }

    /// <summary>Settings have changed: all who wait are looked at again, and those who wait in vain are told.</summary>
    void ReconsiderWaiters()
    {
        Volatile.Write(ref mustReconsider, 1);
        Pump();
    }

    void PumpHops()
    {
        turns.Clear();
        passedOver.Clear();
        var pass = new HopPass(Interlocked.Read(ref parkings)); // first: hops that are parked from here on are noticed by it
        foreach (var (stage, _) in waiting)
            if (stage.FirstHop is not long.MaxValue and var first) turns.Add(stage, -stage.Depth, first);
        while (turns.TryNext(out var stage, out var rank, out var from, out var until))
            if (PumpHops(stage, pass, from, until) is not long.MaxValue and var next) turns.Add(stage, rank, next);
    }

    /// <summary>Brings the hops of one stage forward whose tickets are from one up to another. Returns the first that is left for the stage's next turn.</summary>
    long PumpHops(StageState<T> stage, HopPass pass, long from, long until)
    {
        stage.Gate.Enter();
        if (stage.Hops.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return long.MaxValue;
        }
        var left = long.MaxValue;
        try
        {
            for (var node = stage.Hops.First; node is not null;)
            {
                var (next, hop) = (node.Next, node.Value);
                if (hop.Ticket >= until)
                {
                    left = hop.Ticket;
                    break;
                }
                // Results of one source go over in the order of their hops.
                var line = stage.Buffer.FindLine(hop.Source.Id)!;
                if (hop.Ticket >= from && !passedOver.Contains(line))
                {
                    if (ContinueHop_NeedsLock(stage, hop, pass)) passedOver.Add(line);
                    else stage.Hops.Remove(node);
                }
                node = next;
            }
            stage.NoteFirstHop_NeedsLock();
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        return left;
    }

    void PumpRoom()
    {
        turns.Clear();
        passedOver.Clear();
        foreach (var (stage, _) in waiting)
            if (stage.Lane.FirstTicket is not long.MaxValue and var first) turns.Add(stage, 0, first);
        while (turns.TryNext(out var stage, out _, out var from, out var until))
        {
            if (!PumpRoom(stage, from, until, out var next)) return;
            if (next != long.MaxValue) turns.Add(stage, 0, next);
        }
    }

    /// <summary>Serves those who wait at one stage whose tickets are from one up to another. Returns false when the manager has no more room for anybody.</summary>
    bool PumpRoom(StageState<T> stage, long from, long until, out long left)
    {
        left = long.MaxValue;
        stage.Gate.Enter();
        if (stage.Lane.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return true;
        }
        List<RoomWaiter>? answered = null;
        var goesOn = true;
        try
        {
            var lane = stage.Lane;
            for (var head = lane.HeadFrom(from); head is not null; head = lane.HeadFrom(head.Ticket + 1))
            {
                if (head.Ticket >= until)
                {
                    left = head.Ticket;
                    break;
                }
                if (passedOver.Contains(head.Source) || passedOver.Contains(head.Line))
                {
                    lane.Block(head, OfferStatus.SourceFull);
                    continue;
                }
                var stopper = WaitsFor(Serve_NeedsLock(stage, head, OfferStatus.Accepted));
                if (stopper == OfferStatus.Accepted)
                {
                    lane.Remove(head);
                    (answered ??= []).Add(head);
                    continue;
                }
                lane.Block(head, stopper);
                if (stopper == OfferStatus.SourceFull)
                {
                    // Where records from before come first, it is only this queue that is held up.
                    passedOver.Add(IsOpen_NeedsLock(head.Line) ? head.Source : head.Line);
                    continue;
                }
                goesOn = stopper != OfferStatus.GlobalFull;
                if (goesOn) lane.BlockRest(head.Ticket);
                break;
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        if (answered is not null)
            foreach (var waiter in answered) Answer(waiter);
        return goesOn;
    }

    /// <summary>Gives a waiter what there is for it. Returns Accepted when its wait is over, whatever came of it; otherwise what it waits for.</summary>
    OfferStatus Serve_NeedsLock(StageState<T> stage, RoomWaiter waiter, OfferStatus before)
    {
        if (waiter is OfferWaiter<T> offer)
        {
            AdmitWaiting_NeedsLock(stage, offer.Line, offer, null, before);
            return IsWaitable(offer) ? offer.Progress.Stopper : OfferStatus.Accepted;
        }
        var credits = (CreditWaiter)waiter;
        if (State == ManagerState.Running && (credits.Failure = WhyNever(stage, credits.Source, credits.BytesPerRecord)) is not null) return OfferStatus.Accepted;
        credits.Grant = Grant_NeedsLock(stage, (SourceLine<T>)credits.Line, credits.Records, credits.TimeToLive, credits.BytesPerRecord, before, out var stopper);
        return credits.Grant.Records > 0 || State != ManagerState.Running ? OfferStatus.Accepted : stopper;
    }

    /// <summary>Ends the waits at a stage that no room can end: of records that no limit can hold any more, and of offers where the stage's rule is not to wait.</summary>
    void Reconsider(StageState<T> stage)
    {
        stage.Gate.Enter();
        if (stage.Lane.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        List<RoomWaiter> answered = [];
        try
        {
            foreach (var waiter in stage.Lane.Waiters.ToArray())
            {
                // Whatever there is room for has been served by now, first come, first served.
                var isOver = Serve_NeedsLock(stage, waiter, waiter.Line.FirstWaiter!.WaitsFor) == OfferStatus.Accepted;
                if (!isOver && waiter is OfferWaiter<T> offer && stage.Buffer.Settings.WhenFull != FullRule.Wait)
                {
                    RefuseWaiter_NeedsLock(stage, offer.Line, offer);
                    isOver = true;
                }
                if (!isOver) continue;
                stage.Lane.Remove(waiter);
                answered.Add(waiter);
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        foreach (var waiter in answered) Answer(waiter);
        if (answered.Count > 0) Pump(); // those behind them may go on
    }

    void ForgetIfNobodyWaits_NeedsLock(StageState<T> stage)
    {
        if (stage.Lane.Count + stage.Hops.Count == 0) waiting.TryRemove(stage, out _);
    }
}
