using System.Collections.Concurrent;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Serves free room to its waiters: results of hops, offers and requests for credits.</summary>
sealed class RoomServer<T>(ManagerParts<T> parts)
{
    readonly RoomQueue room = parts.RoomOrder;
    readonly RefusedSources<T> refusals = parts.Refusals;

    /// <summary>The stages at which hops, offers or requests for credits wait for room; nearly always empty.</summary>
    public readonly ConcurrentDictionary<StageState<T>, bool> Waiting = new();
    readonly TurnOrder<StageState<T>> turns = new();
    readonly HashSet<object> passedOver = []; // sources and queues, in one pass
    int pumpRequests;
    int mustReevaluate;

    /// <summary>Removes a waiter from its lane. Returns false when the waiter is no longer there.</summary>
    public bool StopWaiting(StageState<T> stage, RoomWaiter waiter, out bool mayHelp)
    {
        using (stage.Gate.Pass())
        {
            mayHelp = false;
            if (!waiter.IsWaiting)
                return false;
            mayHelp = stage.Lane.CanHoldUpOthers(waiter);
            stage.Lane.Remove(waiter);
            ForgetIfNobodyWaits_NeedsLock(stage);
            return true;
        }
    }

    /// <summary>Completes a waiter's task with the outcome of its wait, outside the lock.</summary>
    public void CompleteWait(RoomWaiter waiter)
    {
        switch (waiter)
        {
            case OfferWaiter<T> offer:
                offer.Completion.TrySetResult(parts.Offers.CreateResult(offer.Source, offer.Progress));
                break;
            case CreditWaiter credits:
                credits.Completion.TrySetResult(credits.Grant!);
                break;
        }
    }

    /// <summary>
    /// Serves free room to hops, the deepest stage first, and then to offers and requests for credits, first come,
    /// first served.
    /// </summary>
    /// <remarks>
    /// Only one thread serves at a time; other threads leave their request with it. Never called under a stage's gate.
    /// </remarks>
    public void Pump()
    {
        if (Interlocked.Increment(ref pumpRequests) != 1)
            return;
        int seen;
        do
        {
            seen = Volatile.Read(ref pumpRequests);
            PumpOnce();
            if (!refusals.IsEmpty)
                refusals.Wake(null, parts.Admission.CanTake);
        } while (Interlocked.CompareExchange(ref pumpRequests, 0, seen) != seen);
    }

    void PumpOnce()
    {
        if (Waiting.IsEmpty)
            return;
        PumpHops();
        if (room.Count > 0)
            PumpRoom();
        if (Interlocked.Exchange(ref mustReevaluate, 0) == 0)
            return;
        foreach (var (stage, _) in Waiting)
            Reevaluate(stage);
    }

    /// <summary>
    /// Called when settings have changed: checks all waits again, and ends those that can never succeed.
    /// </summary>
    public void ReevaluateWaiters()
    {
        Volatile.Write(ref mustReevaluate, 1);
        Pump();
    }

    void PumpHops()
    {
        turns.Clear();
        passedOver.Clear();
        var pass = new HopPass(parts.Hops.Parkings); // first, so that hops parked from now on can be detected
        foreach (var (stage, _) in Waiting)
            if (stage.FirstHop is not long.MaxValue and var first)
                turns.Add(stage, -stage.Depth, first);
        while (turns.TryNext(out var stage, out var rank, out var from, out var until))
            if (PumpHops(stage, pass, from, until) is not long.MaxValue and var next)
                turns.Add(stage, rank, next);
    }

    /// <summary>
    /// Moves results of one stage's hops whose tickets are in a range. Returns the first ticket left for the stage's
    /// next turn.
    /// </summary>
    long PumpHops(StageState<T> stage, HopPass pass, long from, long until)
    {
        stage.Gate.Enter();
        if (stage.Hops.Count == 0 || !parts.Stages.TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return long.MaxValue;
        }
        var left = long.MaxValue;
        try
        {
            for (var node = stage.Hops.First; node is not null; )
            {
                var (next, hop) = (node.Next, node.Value);
                if (hop.Ticket >= until)
                {
                    left = hop.Ticket;
                    break;
                }
                // Results of one source move in the order of their hops.
                var queue = stage.Buffer.FindQueue(hop.Source.Id)!;
                if (hop.Ticket >= from && !passedOver.Contains(queue))
                {
                    if (parts.Hops.ContinueHop_NeedsLock(stage, hop, pass))
                        passedOver.Add(queue);
                    else
                        stage.Hops.Remove(node);
                }
                node = next;
            }
            stage.UpdateFirstHop_NeedsLock();
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
        return left;
    }

    void PumpRoom()
    {
        turns.Clear();
        passedOver.Clear();
        foreach (var (stage, _) in Waiting)
            if (stage.Lane.FirstTicket is not long.MaxValue and var first)
                turns.Add(stage, 0, first);
        while (turns.TryNext(out var stage, out _, out var from, out var until))
        {
            if (!PumpRoom(stage, from, until, out var next))
                return;
            if (next != long.MaxValue)
                turns.Add(stage, 0, next);
        }
    }

    /// <summary>
    /// Serves one stage's waiters whose tickets are in a range. Returns false when the manager has no more room for any
    /// waiter.
    /// </summary>
    bool PumpRoom(StageState<T> stage, long from, long until, out long left)
    {
        left = long.MaxValue;
        stage.Gate.Enter();
        if (stage.Lane.Count == 0 || !parts.Stages.TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return true;
        }
        List<RoomWaiter>? ended = null;
        var goesOn = true;
        try
        {
            var lane = stage.Lane;
            for (var head = lane.FindHead(from); head is not null; head = lane.FindHead(head.Ticket + 1))
            {
                if (head.Ticket >= until)
                {
                    left = head.Ticket;
                    break;
                }
                if (passedOver.Contains(head.Source) || passedOver.Contains(head.Queue))
                {
                    lane.Block(head, OfferStatus.SourceFull);
                    continue;
                }
                var stopper = WaitingOffers<T>.GetRoomToWaitFor(Serve_NeedsLock(stage, head, OfferStatus.Accepted));
                if (stopper == OfferStatus.Accepted)
                {
                    lane.Remove(head);
                    (ended ??= []).Add(head);
                    continue;
                }
                lane.Block(head, stopper);
                if (stopper == OfferStatus.SourceFull)
                {
                    // If records from before the start must come first, only this queue is held up.
                    passedOver.Add(parts.Admission.IsOpen_NeedsLock(head.Queue) ? head.Source : head.Queue);
                    continue;
                }
                goesOn = stopper != OfferStatus.GlobalFull;
                if (goesOn)
                    lane.BlockRest(head.Ticket);
                break;
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
        if (ended is not null)
            foreach (var waiter in ended)
                CompleteWait(waiter);
        return goesOn;
    }

    /// <summary>
    /// Gives a waiter the room available to it. Returns Accepted when the wait is over, whatever its outcome; otherwise
    /// the room that the waiter waits for.
    /// </summary>
    public OfferStatus Serve_NeedsLock(StageState<T> stage, RoomWaiter waiter, OfferStatus before)
    {
        if (waiter is OfferWaiter<T> offer)
        {
            parts.WaitingOffers.AdmitWaiting_NeedsLock(stage, offer.Queue, offer, null, before);
            return WaitingOffers<T>.IsWaitable(offer) ? offer.Progress.Stopper : OfferStatus.Accepted;
        }
        var credits = (CreditWaiter)waiter;
        // The request was valid when it was made, and a limit was lowered since: the caller gets an empty grant.
        if (
            parts.State == ManagerState.Running
            && !parts.Levels.CanEverHold(stage, credits.Source, credits.BytesPerRecord)
        )
        {
            credits.Grant = parts.Credits.CreateEmptyGrant(stage, credits.Source);
            return OfferStatus.Accepted;
        }
        credits.Grant = parts.Credits.Grant_NeedsLock(
            stage,
            (SourceQueue<T>)credits.Queue,
            credits.Records,
            credits.TimeToLive,
            credits.BytesPerRecord,
            before,
            out var stopper
        );
        return credits.Grant.Records > 0 || parts.State != ManagerState.Running ? OfferStatus.Accepted : stopper;
    }

    /// <summary>
    /// Ends the waits at a stage that no room can end: of records that no limit can admit now, and of offers if
    /// the stage's full mode is no longer <see cref="FullMode.Wait"/>.
    /// </summary>
    void Reevaluate(StageState<T> stage)
    {
        stage.Gate.Enter();
        if (stage.Lane.Count == 0 || !parts.Stages.TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        List<RoomWaiter> ended = [];
        try
        {
            foreach (var waiter in stage.Lane.Waiters.ToArray())
            {
                // All room that is free has been served by now, first come, first served.
                var isOver = Serve_NeedsLock(stage, waiter, waiter.Queue.FirstWaiter!.WaitsFor) == OfferStatus.Accepted;
                if (!isOver && waiter is OfferWaiter<T> offer && stage.Buffer.Settings.FullMode != FullMode.Wait)
                {
                    parts.WaitingOffers.RefuseWaiter_NeedsLock(stage, offer.Queue, offer);
                    isOver = true;
                }
                if (!isOver)
                    continue;
                stage.Lane.Remove(waiter);
                ended.Add(waiter);
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
        foreach (var waiter in ended)
            CompleteWait(waiter);
        if (ended.Count > 0)
            Pump(); // the waiters behind them may continue
    }

    /// <summary>Adds a waiting offer or request for credits to a stage.</summary>
    public void Await_NeedsLock(StageState<T> stage, RoomWaiter waiter, OfferStatus waitsFor)
    {
        stage.Lane.Add(waiter, waitsFor);
        Waiting[stage] = true;
    }

    public void ForgetIfNobodyWaits_NeedsLock(StageState<T> stage)
    {
        if (stage.Lane.Count + stage.Hops.Count == 0)
            Waiting.TryRemove(stage, out _);
    }
}
