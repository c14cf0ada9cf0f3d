using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Admits records under the three limits, or refuses them: takes room, places records, and counts refusals.
/// </summary>
sealed class RecordAdmission<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly RoomQueue room = parts.RoomOrder;
    readonly RefusedSources<T> refusals = parts.Refusals;

    /// <summary>
    /// Accepts records from the current position of the offer until one cannot be accepted. Room is taken once for all
    /// records if no bytes are limited, or if there is room for all.
    /// </summary>
    /// <param name="stage">The stage.</param>
    /// <param name="queue">The source's queue there.</param>
    /// <param name="records">The records.</param>
    /// <param name="sizes">The sizes of the records; null: they have none.</param>
    /// <param name="ids">The ids of the records; null: no ids are needed.</param>
    /// <param name="credits">A grant that covers some of the records.</param>
    /// <param name="before">
    /// The room that earlier offers wait for: without a credit no room is taken before them. Accepted: no offer waits.
    /// </param>
    /// <param name="progress">The progress of the offer.</param>
    public void AdmitPrefix_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ReadOnlySpan<T> records,
        int[]? sizes,
        string?[]? ids,
        CreditGrant? credits,
        OfferStatus before,
        ref OfferProgress progress
    )
    {
        progress.Stopper = OfferStatus.Accepted;
        if (ids is null && parts.State != ManagerState.Stopped && IsOpen_NeedsLock(queue))
        {
            var boundsBytes = HasByteLimit(stage, queue.Source!);
            if (credits is null)
            {
                var isFree =
                    parts.State == ManagerState.Running
                    && before == OfferStatus.Accepted
                    && !queue.Source!.IsHeldByOperator;
                if (isFree && boundsBytes)
                    AdmitAllOrNone_NeedsLock(stage, queue, records, sizes!, ref progress);
                else if (isFree)
                    AdmitTogether_NeedsLock(stage, queue, records, sizes, ref progress);
            }
            else if (!boundsBytes)
                parts.Credits.Admit_NeedsLock(stage, queue, records, sizes, credits, ref progress);
        }
        while (progress.Consumed < records.Length)
        {
            var (record, bytes, id) = (
                records[progress.Consumed],
                sizes?[progress.Consumed] ?? 0,
                ids?[progress.Consumed]
            );
            progress.Stopper = Admit_NeedsLock(stage, queue, bytes, id, credits, before, ref progress.Evicted);
            if (progress.Stopper == OfferStatus.Duplicate)
            {
                queue.Counts.Losses.Add(LossReason.Duplicate, 1);
                progress.Duplicates++;
                progress.Consumed++;
                progress.Stopper = OfferStatus.Accepted;
                continue;
            }
            if (progress.Stopper != OfferStatus.Accepted)
                return;
            Place_NeedsLock(stage, queue, record, bytes, id);
            progress.Accepted++;
            progress.Consumed++;
        }
    }

    void AdmitTogether_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ReadOnlySpan<T> records,
        int[]? sizes,
        ref OfferProgress progress
    )
    {
        var rest = records[progress.Consumed..];
        var source = queue.Source!;
        var wanted = rest.Length;
        var atStage = stage.Pool.TakeUpTo(wanted, 0);
        var atSource = source.Allowance is { IsUsable: false } ? 0 : source.Pool.TakeUpTo(atStage, 0);
        var taken = global.TakeUpTo(atSource, 0);
        if (atSource < atStage)
            source.Allowance?.RecordShortage(atStage - atSource);
        if (atStage > taken)
            stage.Pool.Release(atStage - taken, 0);
        if (atSource > taken)
        {
            source.Pool.Release(atSource - taken, 0);
            stage.QueueZoneUpdate(source); // another thread may have read the fill before the room was given back
        }
        if (taken == 0)
            return;
        var placedSizes = sizes is null ? default : sizes.AsSpan(progress.Consumed, taken);
        var bytes = Sum(placedSizes);
        if (bytes > 0)
        {
            stage.Pool.TryTakeBytes(bytes);
            source.Pool.TryTakeBytes(bytes);
            global.TryTakeBytes(bytes);
        }
        PlaceAll_NeedsLock(stage, queue, rest[..taken], placedSizes);
        progress.Accepted += taken;
        progress.Consumed += taken;
    }

    /// <summary>
    /// Accepts all records if there is room for them and their bytes at every level; otherwise accepts none, and each
    /// record is handled separately.
    /// </summary>
    void AdmitAllOrNone_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ReadOnlySpan<T> records,
        int[] sizes,
        ref OfferProgress progress
    )
    {
        var source = queue.Source!;
        var rest = records[progress.Consumed..];
        var restSizes = sizes.AsSpan(progress.Consumed);
        if (
            rest.Length < 2
            || source.Allowance is { IsUsable: false }
            || !parts.Levels.TryTakeForAll_NeedsLock(stage, source, (rest.Length, Sum(restSizes)), default)
        )
            return;
        PlaceAll_NeedsLock(stage, queue, rest, restSizes);
        progress.Accepted += rest.Length;
        progress.Consumed += rest.Length;
    }

    /// <summary>Adds records for which room has been taken.</summary>
    public static void PlaceAll_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ReadOnlySpan<T> records,
        ReadOnlySpan<int> sizes
    )
    {
        var held = queue.Holds;
        stage.Buffer.Add(queue, records, sizes, stage.Now);
        RecordPlaced_NeedsLock(stage, queue, held);
    }

    public static long Sum(ReadOnlySpan<int> sizes)
    {
        long bytes = 0;
        foreach (var size in sizes)
            bytes += size;
        return bytes;
    }

    /// <summary>
    /// Returns whether records may be accepted as far as the store is concerned: false while it fails, or has earlier
    /// records of the queue.
    /// </summary>
    public bool IsOpen_NeedsLock(SourceQueue queue) => store is null || queue.Stored == 0 && !parts.IsStoreFailing;

    bool HasByteLimit(StageState<T> stage, SourceState source) =>
        options.SizeOf is not null
        && (stage.Pool.Limits.Bytes ?? source.Pool.Limits.Bytes ?? global.Limits.Bytes) is not null;

    /// <summary>
    /// Takes room for one record, from a credit or under all three limits; drops older records if the stage's full mode
    /// is <see cref="FullMode.DropOldest"/>.
    /// </summary>
    public OfferStatus Admit_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        int bytes,
        string? id,
        CreditGrant? credits,
        OfferStatus before,
        ref int evicted
    )
    {
        var source = queue.Source!;
        if (parts.State == ManagerState.Stopped)
            return OfferStatus.Draining;
        var credit = credits is null ? null : stage.Credits.Find(credits.Id, queue);
        if (credit is null && parts.State == ManagerState.Draining)
            return OfferStatus.Draining;
        if (!parts.Levels.CanEverHold(stage, source, bytes))
            return OfferStatus.TooLarge;
        if (
            !string.IsNullOrEmpty(id)
            && stage.Buffer.Settings.Duplicates is { } window
            && stage.Duplicates.Contains(id, window, stage.Now)
        )
            return OfferStatus.Duplicate;
        if (credit is null && source.IsHeldByOperator)
            return OfferStatus.Held;
        if (!IsOpen_NeedsLock(queue))
            return parts.IsStoreFailing ? OfferStatus.StoreFailing : OfferStatus.SourceFull;
        if (credit is not null)
            return parts.Credits.TakeCredit_NeedsLock(stage, queue, credit, bytes);
        if (before != OfferStatus.Accepted)
            return before; // earlier offers that wait come first
        while (true)
        {
            var status = parts.Levels.Take_NeedsLock(stage, source, bytes);
            if (status != OfferStatus.StageFull || stage.Buffer.Settings.FullMode != FullMode.DropOldest)
                return status;
            if (
                stage.Pool.Reserved > 0
                || !CanDropOldest_NeedsLock(stage, source)
                || !stage.Buffer.Oldest.Drop(stage.Now)
            )
                return status;
            evicted++;
        }
    }

    /// <summary>
    /// Returns whether the oldest record may be dropped for a record of the source. The source's own limit must have
    /// room, or another source's record would be dropped for one that is refused anyway.
    /// </summary>
    static bool CanDropOldest_NeedsLock(StageState<T> stage, SourceState source) =>
        source.Pool.Available > 0 || ReferenceEquals(stage.Buffer.Oldest.Queue?.Source, source);

    public void Place_NeedsLock(StageState<T> stage, SourceQueue<T> queue, T record, int bytes, string? id)
    {
        var held = queue.Holds;
        stage.Buffer.Add(queue, record, bytes, stage.Now);
        if (!string.IsNullOrEmpty(id) && stage.Buffer.Settings.Duplicates is { } window)
        {
            stage.Duplicates.Remember(id, window, stage.Now);
            if (store is not null)
                stage.AddEvent(new StageEvent<T>.Remembered(id, stage.Now, window));
        }
        RecordPlaced_NeedsLock(stage, queue, held);
    }

    public static void RecordPlaced_NeedsLock(StageState<T> stage, SourceQueue<T> queue, bool held)
    {
        if (queue.WasRefused)
            queue.WasRefused = false;
        var source = queue.Source!;
        source.Allowance?.RecordTaken(source.Pool.Available);
        if (source.Pool.RefreshZone(stage.Now) || !held && stage.Pool.Zone != 0)
            source.UpdateSignal();
    }

    /// <summary>
    /// Counts the records that were not accepted in the ledger; under <see cref="FullMode.DropNewest"/> a full stage
    /// drops them instead.
    /// </summary>
    public void Refuse_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        int records,
        int bytes,
        ref OfferProgress progress
    )
    {
        if (progress.Stopper == OfferStatus.StageFull && stage.Buffer.Settings.FullMode == FullMode.DropNewest)
        {
            progress.Stopper = OfferStatus.Dropped;
            progress.Consumed += records;
        }
        progress.Stopper = DistinguishBudget(progress.Stopper, queue.Source!);
        queue.Counts.Losses.Add(GetLossReason(progress.Stopper), records);
        if (progress.Stopper == OfferStatus.Duplicate)
            progress.Consumed += records;
        if (progress.Stopper is OfferStatus.StageFull or OfferStatus.Dropped && !queue.WasRefused)
            stage.MarkRefused_NeedsLock(queue);
        WakeLater_NeedsLock(stage, queue, bytes, progress.Stopper);
    }

    /// <summary>
    /// Registers a refused source that subscribes to its signals, to be woken once the refused record would be
    /// accepted, whether its signal changes or not.
    /// </summary>
    public void WakeLater_NeedsLock(StageState<T> stage, SourceQueue<T> queue, int bytes, OfferStatus status)
    {
        if (!OfferResult.IsRetryable(status) || !queue.Source!.IsListenedTo)
            return;
        refusals.Add(queue, stage, bytes);
        stage.RefusedQueue = queue;
        if (parts.IsStoreFailing)
            parts.Timer.WatchStore_NeedsLock(stage);
    }

    /// <summary>
    /// Returns whether a refused offer would find room now. Called without the stage's gate, which is safe because
    /// every change of the values read here is followed by another call.
    /// </summary>
    public bool CanTake(SourceQueue<T> queue, RefusedSources<T>.Refusal refused) =>
        room.ForManager == 0
        && refused.Stage.Lane.ForStage == 0
        && queue.FirstWaiter is null
        && queue.Source!.Waiting == 0
        && !queue.Source!.IsHeldByOperator
        && IsOpen_NeedsLock(queue)
        && (
            refused.Stage.Pool.HasRoom(refused.Bytes)
                ? queue.Source!.Pool.HasRoom(refused.Bytes) && global.HasRoom(refused.Bytes)
                : CanDropFor(refused.Stage, queue.Source!, refused.Bytes)
        );

    /// <summary>
    /// Returns whether a full stage would drop a record for one of the source. The dropped record leaves room at the
    /// manager, and at the source if it is the source's own.
    /// </summary>
    static bool CanDropFor(StageState<T> stage, SourceState source, int bytes) =>
        stage.Pool.Reserved == 0
        && stage.NextDropped is { } dropped
        && (ReferenceEquals(dropped, source) || source.Pool.HasRoom(bytes));

    static LossReason GetLossReason(OfferStatus status) =>
        status switch
        {
            OfferStatus.StageFull => LossReason.StageFull,
            OfferStatus.SourceFull => LossReason.SourceFull,
            OfferStatus.GlobalFull => LossReason.GlobalFull,
            OfferStatus.TooLarge => LossReason.TooLarge,
            OfferStatus.Duplicate => LossReason.Duplicate,
            OfferStatus.Draining => LossReason.Draining,
            OfferStatus.StoreFailing => LossReason.StoreFailing,
            OfferStatus.Held => LossReason.Held,
            OfferStatus.BudgetFull => LossReason.BudgetFull,
            OfferStatus.Dropped => LossReason.DroppedNewest,
            _ => throw new InvalidOperationException($"An offer ended {status} lost nothing."),
        };

    /// <summary>
    /// Returns the budget as the reason for a refusal if the budget, not the manager's own limit of the source, stopped
    /// the offer.
    /// </summary>
    public static OfferStatus DistinguishBudget(OfferStatus stopper, SourceState source) =>
        stopper == OfferStatus.SourceFull
        && (
            source is { Allowance: not null, Pool: { IsGrantBinding: true, Available: 0 } }
            || source.Allowance is { IsUsable: false }
        )
            ? OfferStatus.BudgetFull
            : stopper;
}
