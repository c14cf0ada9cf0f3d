using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Handles offers that may wait: for room, for a store that is behind, or until the store has written their records.
/// </summary>
sealed class WaitingOffers<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly IBufferStore<T>? store = parts.Store;
    readonly CatchUpQueue? catchUps = parts.CatchUps;
    readonly RefusedSources<T> refusals = parts.Refusals;

    public ValueTask<OfferResult> BufferForStageAsync(
        string stage,
        string source,
        T record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<OfferResult>(cancellationToken);
        if (MustWaitForStore)
            return catchUps!.WaitAsync(
                () => OfferAsync(stage, source, record, credits, cancellationToken),
                1,
                cancellationToken
            );
        return OfferAsync(stage, source, record, credits, cancellationToken);
    }

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<OfferResult>(cancellationToken);
        if (MustWaitForStore)
            return catchUps!.WaitAsync(
                () => OfferAsync(stage, source, records, credits, cancellationToken),
                records.Length,
                cancellationToken
            );
        return OfferAsync(stage, source, records, credits, cancellationToken);
    }

    /// <summary>Gets whether the store is behind, or earlier offers wait for it.</summary>
    public bool MustWaitForStore =>
        store is not null && (catchUps!.IsInUse || store is { IsBehind: true, IsFailing: false });

    public ValueTask<OfferResult> OfferAsync(
        string stage,
        string source,
        T record,
        CreditGrant? credits,
        CancellationToken cancellationToken
    ) =>
        parts.Stages.GetOrAddStage(stage).Buffer.Settings.FullMode != FullMode.Wait
            ? parts
                .Allowances.FindExhausted(source, 1, credits)
                ?.Offers.WaitAsync(() => new(parts.Offers.Offer(stage, source, record, credits)), 1, cancellationToken)
                ?? new(parts.Offers.Offer(stage, source, record, credits))
            : OfferOrWaitAsync(stage, source, new[] { record }, credits, cancellationToken);

    public ValueTask<OfferResult> OfferAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits,
        CancellationToken cancellationToken
    ) => OfferAsync(stage, source, records, credits, null, cancellationToken);

    public ValueTask<OfferResult> OfferAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits,
        NamedOffer? offer,
        CancellationToken cancellationToken
    ) =>
        parts.Stages.GetOrAddStage(stage).Buffer.Settings.FullMode != FullMode.Wait
            ? parts
                .Allowances.FindExhausted(source, records.Length, credits)
                ?.Offers.WaitAsync(
                    () => new(parts.Offers.OfferBatch(stage, source, records.Span, credits, offer)),
                    records.Length,
                    cancellationToken
                )
                ?? new(parts.Offers.OfferBatch(stage, source, records.Span, credits, offer))
            : OfferOrWaitAsync(stage, source, records, credits, cancellationToken, offer);

    async ValueTask<OfferResult> OfferOrWaitAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits,
        CancellationToken cancellationToken,
        NamedOffer? offer = null
    )
    {
        var sizes = parts.Traits.GetSizes(records.Span);
        string?[]? allIds = null;
        var progress = IdentifiedOffers<T>.GetProgress(offer);
        while (true)
        {
            var ids = allIds ?? parts.Traits.GetIds(parts.Stages.GetOrAddStage(stage), records.Span);
            OfferWaiter<T> waiter;
            StageState<T> to;
            bool mayWait;
            using (var session = parts.Sessions.Enter(stage, source))
            {
                to = session.Stage;
                waiter = new(session.Queue, records, sizes, ids) { Progress = progress, Offer = offer };
                AdmitWaiting_NeedsLock(to, session.Queue, waiter, credits, to.Lane.FindRoomToWaitFor(session.Queue));
                mayWait = IsWaitable(waiter);
                if (mayWait && to.Buffer.Settings.FullMode != FullMode.Wait)
                {
                    // The full mode has changed since it was read.
                    RefuseWaiter_NeedsLock(to, session.Queue, waiter);
                    mayWait = false;
                }
                if (mayWait && (ids is not null || options.IdOf is null))
                    parts.Room.Await_NeedsLock(to, waiter, GetRoomToWaitFor(waiter.Progress.Stopper));
            }
            if (!mayWait)
                return parts.Offers.CreateResult(waiter.Source, waiter.Progress);
            if (!waiter.IsWaiting && waiter.Ticket == 0)
            {
                // The user's function is called outside the lock, and only for an offer that must wait.
                progress = waiter.Progress;
                allIds = parts.Traits.GetAllIds(records.Span);
                continue;
            }
            parts.Room.Pump(); // room may have become free between the refusal and the wait
            using (cancellationToken.UnsafeRegister(_ => Cancel(to, waiter, cancellationToken), null))
                return await waiter.Completion.Task.ConfigureAwait(false);
        }
    }

    public static bool IsWaitable(OfferWaiter<T> waiter) =>
        waiter.Progress.Consumed < waiter.Records.Length
        && waiter.Progress.Stopper
            is OfferStatus.StageFull
                or OfferStatus.SourceFull
                or OfferStatus.GlobalFull
                or OfferStatus.Held;

    /// <summary>
    /// Returns the room that an offer waits for. An offer of a source held by an operator waits for the source's room,
    /// so that it delays no other source.
    /// </summary>
    public static OfferStatus GetRoomToWaitFor(OfferStatus stopper) =>
        stopper == OfferStatus.Held ? OfferStatus.SourceFull : stopper;

    /// <summary>
    /// Accepts records as far as there is room. If the reason for stopping cannot end by waiting, the remaining records
    /// are refused.
    /// </summary>
    public void AdmitWaiting_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        OfferWaiter<T> waiter,
        CreditGrant? credits,
        OfferStatus before
    )
    {
        AdmitRest_NeedsLock(stage, queue, waiter, credits, before);
        if (waiter.Offer is { } offer)
            parts.IdentifiedOffers.RecordProgress_NeedsLock(
                stage,
                offer,
                waiter.Progress,
                isComplete: !IsWaitable(waiter)
            );
    }

    void AdmitRest_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        OfferWaiter<T> waiter,
        CreditGrant? credits,
        OfferStatus before
    )
    {
        var consumed = waiter.Progress.Consumed;
        var ids = stage.Buffer.Settings.Duplicates is null ? null : waiter.Ids;
        parts.Admission.AdmitPrefix_NeedsLock(
            stage,
            queue,
            waiter.Records.Span,
            waiter.Bytes,
            ids,
            credits,
            before,
            ref waiter.Progress
        );
        queue.Counts.Offered += waiter.Progress.Consumed - consumed;
        if (waiter.Progress.Stopper == OfferStatus.Accepted)
            return;
        if (IsWaitable(waiter))
        {
            if (waiter.Progress.Stopper == OfferStatus.StageFull && !queue.WasRefused)
                stage.MarkRefused_NeedsLock(queue);
            return;
        }
        RefuseWaiter_NeedsLock(stage, queue, waiter);
    }

    public void RefuseWaiter_NeedsLock(StageState<T> stage, SourceQueue<T> queue, OfferWaiter<T> waiter)
    {
        var left = waiter.Records.Length - waiter.Progress.Consumed;
        queue.Counts.Offered += left;
        parts.Admission.Refuse_NeedsLock(
            stage,
            queue,
            left,
            waiter.Bytes is { } bytes && left > 0 ? bytes[waiter.Progress.Consumed] : 0,
            ref waiter.Progress
        );
    }

    void Cancel(StageState<T> stage, OfferWaiter<T> waiter, CancellationToken cancellationToken)
    {
        if (!parts.Room.StopWaiting(stage, waiter, out var mayHelp))
            return; // the wait has already ended
        if (waiter.Progress.Consumed > 0)
            parts.Room.CompleteWait(waiter);
        else
            waiter.Completion.TrySetCanceled(cancellationToken);
        if (mayHelp || !refusals.IsEmpty)
            parts.Room.Pump();
    }

    public async ValueTask<OfferResult> BufferForStageAsync(
        string stage,
        string source,
        T record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        ValidateAckLevel(ackLevel);
        var result = await BufferForStageAsync(stage, source, record, credits, cancellationToken).ConfigureAwait(false);
        return ackLevel == AckLevel.Persisted && result.Consumed > 0
            ? await OnDiskAsync(result).ConfigureAwait(false)
            : result;
    }

    public async ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        ValidateAckLevel(ackLevel);
        var result = await BufferBatchForStageAsync(stage, source, records, credits, cancellationToken)
            .ConfigureAwait(false);
        return ackLevel == AckLevel.Persisted && result.Consumed > 0
            ? await OnDiskAsync(result).ConfigureAwait(false)
            : result;
    }

    public void ValidateAckLevel(AckLevel ackLevel)
    {
        if (ackLevel is not (AckLevel.Buffered or AckLevel.Persisted))
            throw new ArgumentOutOfRangeException(
                nameof(ackLevel),
                ackLevel,
                $"ackLevel is {ackLevel}; it must be Buffered or Persisted."
            );
        if (ackLevel == AckLevel.Persisted && store is null)
            throw new InvalidOperationException(DescribeNoStore(parts.Options.PipelineId));
    }

    public static string DescribeNoStore(string pipeline) =>
        $"AckLevel is Persisted, but pipeline '{pipeline}' keeps nothing on disk; it must be Buffered, or the pipeline must have a store.";

    public async ValueTask<OfferResult> OnDiskAsync(OfferResult result)
    {
        if (await store!.FlushAsync().ConfigureAwait(false))
            return result;
        return store.IsLost
            ? result with
            {
                Status = OfferStatus.StoreFailing,
                Accepted = 0,
                Consumed = 0,
            }
            : result with
            {
                Status = OfferStatus.StoreFailing,
                IsUnwritten = !result.CanRetry,
            };
    }
}
