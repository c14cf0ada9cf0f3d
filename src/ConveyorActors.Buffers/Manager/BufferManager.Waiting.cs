using System.Collections.Concurrent;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    // The stages at which hops, offers or requests for credits wait for room; nearly always empty.
    readonly ConcurrentDictionary<StageState<T>, bool> waiting = new();
    int pumpRequests;

    /// <summary>Offers one record; where the stage's rule is <see cref="FullRule.Wait"/>, completes when there is room under every limit.</summary>
    public ValueTask<OfferResult> BufferForStageAsync(
        string stage, string source, T record, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<OfferResult>(cancellation);
        if (store is { IsBehind: true, IsFailing: false }) return BufferWhenCaughtUpAsync(stage, source, record, credits, cancellation);
        if (StageOf(stage).Buffer.Settings.WhenFull != FullRule.Wait) return new(BufferForStage(stage, source, record, credits));
        return OfferOrWaitAsync(stage, source, new[] { record }, credits, cancellation);
    }

    /// <summary>
    /// Offers records, in order; where the stage's rule is <see cref="FullRule.Wait"/>, completes when the last one is in. When a wait is cancelled,
    /// what was accepted by then stays accepted, and the answer says how many; when that is none, the call is cancelled and nothing is left behind.
    /// </summary>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits = null, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<OfferResult>(cancellation);
        if (store is { IsBehind: true, IsFailing: false }) return BufferWhenCaughtUpAsync(stage, source, records, credits, cancellation);
        if (StageOf(stage).Buffer.Settings.WhenFull != FullRule.Wait) return new(BufferBatchForStage(stage, source, records.Span, credits));
        return OfferOrWaitAsync(stage, source, records, credits, cancellation);
    }

    async ValueTask<OfferResult> BufferWhenCaughtUpAsync(string stage, string source, T record, CreditGrant? credits, CancellationToken cancellation)
    {
        await store!.CatchUpAsync().WaitAsync(cancellation).ConfigureAwait(false);
        return await BufferForStageAsync(stage, source, record, credits, cancellation).ConfigureAwait(false);
    }

    async ValueTask<OfferResult> BufferWhenCaughtUpAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits, CancellationToken cancellation)
    {
        await store!.CatchUpAsync().WaitAsync(cancellation).ConfigureAwait(false);
        return await BufferBatchForStageAsync(stage, source, records, credits, cancellation).ConfigureAwait(false);
    }

    async ValueTask<OfferResult> OfferOrWaitAsync(
        string stage, string source, ReadOnlyMemory<T> records, CreditGrant? credits, CancellationToken cancellation)
    {
        var sizes = SizesOf(records.Span);
        OfferWaiter<T> waiter;
        StageState<T> to;
        while (true)
        {
            var from = SourceOf(source);
            var ids = IdsOf(StageOf(stage), records.Span);
            to = Enter(stage);
            if (LineOf_NeedsLock(to, from) is not { } line)
            {
                to.Gate.Exit();
                continue;
            }
            waiter = new(from, records, sizes, ids);
            var mustQueue = false;
            try
            {
                if (to.Offers.Count == 0 || credits is not null)
                    AdmitWaiting_NeedsLock(to, line, waiter, credits);
                mustQueue = IsWaitable(waiter);
                if (mustQueue)
                {
                    to.Offers.AddLast(waiter);
                    waiting[to] = true;
                }
            }
            finally { Leave(to); }
            if (!mustQueue) return Answer(from, waiter.Progress);
            break;
        }
        Pump(); // room may have become free between the refusal and the wait
        using (cancellation.UnsafeRegister(_ => Cancel(to, waiter, cancellation), null))
            return await waiter.Answer.Task.ConfigureAwait(false);
    }

    static bool IsWaitable(OfferWaiter<T> waiter) => waiter.Progress.Consumed < waiter.Records.Length
        && waiter.Progress.Stopper is OfferStatus.Accepted or OfferStatus.StageFull or OfferStatus.SourceFull or OfferStatus.GlobalFull;

    /// <summary>Accepts what there is room for. A stopper that no waiting can help with is final: what is left is refused.</summary>
    void AdmitWaiting_NeedsLock(StageState<T> stage, Stages.SourceLine<T> line, OfferWaiter<T> waiter, CreditGrant? credits)
    {
        var before = waiter.Progress.Consumed;
        AdmitPrefix_NeedsLock(stage, line, waiter.Records.Span, waiter.Bytes, waiter.Ids, credits, ref waiter.Progress);
        line.Counts.Offered += waiter.Progress.Consumed - before;
        if (waiter.Progress.Stopper == OfferStatus.Accepted) return;
        if (IsWaitable(waiter))
        {
            if (waiter.Progress.Stopper == OfferStatus.StageFull && !line.WasRefused) stage.Refused_NeedsLock(line);
            return;
        }
        RefuseWaiter_NeedsLock(stage, line, waiter);
    }

    static void RefuseWaiter_NeedsLock(StageState<T> stage, Stages.SourceLine<T> line, OfferWaiter<T> waiter)
    {
        var left = waiter.Records.Length - waiter.Progress.Consumed;
        line.Counts.Offered += left;
        Refuse_NeedsLock(stage, line, left, ref waiter.Progress);
    }

    void Cancel(StageState<T> stage, OfferWaiter<T> waiter, CancellationToken cancellation)
    {
        bool removed;
        using (stage.Gate.Pass())
        {
            removed = stage.Offers.Remove(waiter);
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        if (!removed) return; // it was answered
        if (waiter.Progress.Consumed > 0) waiter.Answer.TrySetResult(Answer(waiter.Source, waiter.Progress));
        else waiter.Answer.TrySetCanceled(cancellation);
        Pump(); // those behind it may fit
    }

    /// <summary>Gives room that became free to those who wait: to hops, the deepest stage first, then to offers and then to credits, in the order they came.</summary>
    /// <remarks>One thread at a time; others leave their request with it. Never called under a stage's gate.</remarks>
    void Pump()
    {
        if (Interlocked.Increment(ref pumpRequests) != 1) return;
        int seen;
        do
        {
            seen = Volatile.Read(ref pumpRequests);
            PumpOnce();
        }
        while (Interlocked.CompareExchange(ref pumpRequests, 0, seen) != seen);
    }

    void PumpOnce()
    {
        if (waiting.IsEmpty) return;
        var pass = new HopPass(Interlocked.Read(ref parkings));
        var inOrder = waiting.Keys.ToArray();
        Array.Sort(inOrder, static (a, b) => b.Depth.CompareTo(a.Depth));
        foreach (var stage in inOrder) PumpHops(stage, pass);
        foreach (var stage in inOrder) PumpOffers(stage);
        foreach (var stage in inOrder) PumpCredits(stage);
    }

    void PumpHops(StageState<T> stage, HopPass pass)
    {
        stage.Gate.Enter();
        if (stage.Hops.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        try
        {
            HashSet<SourceState> behind = []; // results of one source go over in the order of their hops
            for (var node = stage.Hops.First; node is not null;)
            {
                var (next, hop) = (node.Next, node.Value);
                if (behind.Contains(hop.Source) || ContinueHop_NeedsLock(stage, hop, pass)) behind.Add(hop.Source);
                else stage.Hops.Remove(node);
                node = next;
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
    }

    void PumpOffers(StageState<T> stage)
    {
        stage.Gate.Enter();
        if (stage.Offers.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        List<OfferWaiter<T>>? answered = null;
        try
        {
            HashSet<SourceState> behind = [];
            for (var node = stage.Offers.First; node is not null;)
            {
                var (next, waiter) = (node.Next, node.Value);
                if (!behind.Contains(waiter.Source))
                {
                    if (LineOf_NeedsLock(stage, waiter.Source) is { } line) AdmitWaiting_NeedsLock(stage, line, waiter, null);
                    if (IsWaitable(waiter)) behind.Add(waiter.Source);
                    else
                    {
                        stage.Offers.Remove(node);
                        (answered ??= []).Add(waiter);
                    }
                    if (waiter.Progress.Stopper is OfferStatus.StageFull or OfferStatus.GlobalFull) break;
                }
                node = next;
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        if (answered is null) return;
        foreach (var waiter in answered) waiter.Answer.TrySetResult(Answer(waiter.Source, waiter.Progress));
    }

    void PumpCredits(StageState<T> stage)
    {
        stage.Gate.Enter();
        if (stage.CreditWaiters.Count == 0 || !TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        List<(CreditWaiter Waiter, CreditGrant Grant)>? answered = null;
        try
        {
            for (var node = stage.CreditWaiters.First; node is not null;)
            {
                var (next, waiter) = (node.Next, node.Value);
                var stopper = OfferStatus.Accepted;
                if (LineOf_NeedsLock(stage, waiter.Source) is { } line)
                {
                    var grant = Grant_NeedsLock(stage, line, waiter.Records, waiter.TimeToLive, waiter.BytesPerRecord, out stopper);
                    if (grant.Records > 0)
                    {
                        stage.CreditWaiters.Remove(node);
                        (answered ??= []).Add((waiter, grant));
                    }
                }
                if (stopper is OfferStatus.StageFull or OfferStatus.GlobalFull) break;
                node = next;
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        if (answered is null) return;
        foreach (var (waiter, grant) in answered) waiter.Answer.TrySetResult(grant);
    }

    void ForgetIfNobodyWaits_NeedsLock(StageState<T> stage)
    {
        if (stage.Offers.Count + stage.Hops.Count + stage.CreditWaiters.Count == 0) waiting.TryRemove(stage, out _);
    }
}
