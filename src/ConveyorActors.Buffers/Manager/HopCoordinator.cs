using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Moves results of leased records to another stage: settling and offering are one step.</summary>
sealed class HopCoordinator<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    long parkings;

    /// <summary>Gets how many hops were ever parked.</summary>
    public long Parkings => Interlocked.Read(ref parkings);

    /// <summary>Counts a hop that is parked, and returns its number.</summary>
    public long NextParking() => Interlocked.Increment(ref parkings);

    public SettleResult Hop(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results
    ) =>
        LeaseManager<T>.IsEmpty(lease)
            ? HopNothing(targetStage, results)
            : Hop(lease.StageId, lease.Id, sequences, targetStage, results, out _);

    public ValueTask<SettleResult> HopAsync(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results,
        CancellationToken cancellationToken = default
    ) =>
        LeaseManager<T>.IsEmpty(lease)
            ? new(HopNothing(targetStage, results))
            : HopAsync(lease.StageId, lease.Id, sequences, targetStage, results, cancellationToken);

    /// <summary>
    /// A hop from an empty lease has no source whose results these could be: with results it changes nothing, and says
    /// so.
    /// </summary>
    static SettleResult HopNothing(string targetStage, ReadOnlyMemory<T> results)
    {
        Names.Validate(targetStage);
        return results.Length == 0 ? LeaseManager<T>.NothingToSettle : new(SettleStatus.UnknownLease, 0);
    }

    public async ValueTask<SettleResult> HopAsync(
        string stage,
        long leaseId,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results,
        CancellationToken cancellationToken
    )
    {
        var result = Hop(stage, leaseId, sequences, targetStage, results, out var parked);
        if (parked is null)
            return result;
        await parked.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return result with { Waiting = parked.Waiting };
    }

    public SettleResult Hop(
        string stage,
        long leaseId,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results,
        out ParkedHop<T>? parked
    )
    {
        parked = null;
        if (targetStage is null || !parts.Stages.All.ContainsKey(targetStage))
            Names.Validate(targetStage);
        sequences = LeaseManager<T>.Copied(sequences);
        if (parts.Stages.FindStage(stage) is null)
            return LeaseManager<T>.UnknownLease;
        var sizes = parts.Traits.SizesOf(results.Span);
        var ids = parts.Traits.IdsOf(parts.Stages.StageOf(targetStage), results.Span);
        var from = parts.Stages.Enter(stage);
        SettleResult settled;
        SourceQueue<T> queue;
        SourceState source;
        bool mustBeFirst;
        int kept;
        long bytes;
        int depth;
        StoreEntry<T>[]? inputs = null;
        try
        {
            if (from.Buffer.Find(leaseId, from.Now, out var status) is not { } lease)
                return new(status, 0);
            if (lease.Leased.OnlyQueueOf(sequences, out var isMixed) is not { } only)
            {
                if (isMixed)
                    throw new ArgumentException(
                        "The records to hop are of several sources; hop each source's records by themselves.",
                        nameof(sequences)
                    );
                return new(SettleStatus.UnknownLease, 0);
            }
            (queue, source, depth) = (only, only.Source!, from.Depth);
            mustBeFirst = results.Length > 0 && from.Buffer.Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
            if (mustBeFirst)
                queue.Leaving++;
            var (bytesBefore, told) = (queue.PendingBytes, from.Unit.Count);
            settled = from.Buffer.Hop(leaseId, sequences, from.Now);
            bytes = bytesBefore - queue.PendingBytes;
            kept = Math.Min(settled.Settled, results.Length);
            Interlocked.Add(ref source.InTransit, kept);
            Interlocked.Add(ref source.ResultsInTransit, results.Length);
            if (results.Length == 0)
            {
                from.Release(queue, settled.Settled, bytes, settled.Settled, bytes);
                return settled;
            }
            if (store is not null)
            {
                inputs = [.. from.Unit.Skip(told)];
                from.Unit.RemoveRange(told, inputs.Length);
            }
            // The source's and the manager's room goes along with the results; the stage's own is free at once.
            from.Release(queue, settled.Settled, bytes, settled.Settled - kept, 0);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
        var hop = new ParkedHop<T>(source, results, sizes, ids) { Retained = kept, Inputs = inputs };
        try
        {
            Arrive(targetStage, hop, bytes, depth + 1);
        }
        finally
        {
            if (mustBeFirst)
                Arrived(from, queue);
        }
        if (hop.Waiting == 0)
            return settled;
        parked = hop;
        // A duplicate window may be set while it waits. The user's function is called outside the locks, and only for a
        // hop that waits.
        if (ids is null && options.IdOf is not null)
            hop.Ids = parts.Traits.AllIdsOf(results.Span);
        parts.Room.Pump();
        return settled with { Waiting = hop.Waiting };
    }

    /// <summary>
    /// The next records of a source may be leased now that nothing they lead to can arrive before what came of these.
    /// </summary>
    void Arrived(StageState<T> from, SourceQueue<T> queue)
    {
        from.Gate.Enter();
        parts.Stages.TryStart_NeedsLock(from); // a stage with a queue that is not idle is not removed
        from.Buffer.Arrived(queue);
        parts.Sessions.Leave(from);
    }

    /// <summary>Brings results to their target stage and parks those that find no room.</summary>
    void Arrive(string targetStage, ParkedHop<T> hop, long bytesTakenOver, int depth)
    {
        var to = parts.Stages.Enter(targetStage);
        try
        {
            // While its room is in transit the source is in use and is not removed.
            var queue =
                parts.Sources.QueueOf_NeedsLock(to, hop.Source)
                ?? throw new InvalidOperationException($"Source '{hop.Source.Id}' vanished during a hop.");
            if (hop.Inputs is { } inputs)
                to.Unit.AddRange(inputs);
            if (to.Depth < depth && depth <= parts.Stages.All.Count)
                to.Depth = depth;
            Interlocked.Add(ref hop.Source.InTransit, -hop.Retained);
            Interlocked.Add(ref hop.Source.ResultsInTransit, -hop.Results.Length);
            queue.HopRetained += hop.Retained;
            queue.Hopping += hop.Results.Length;
            queue.Counts.Offered += hop.Results.Length;
            if (!to.HasHopOf_NeedsLock(hop.Source))
                TransferResults_NeedsLock(to, queue, hop, null, ref bytesTakenOver);
            if (hop.Waiting > 0)
            {
                if (store is not null)
                    TellParked_NeedsLock(to, hop);
                parts.Reservations.Reserve_NeedsLock(to, hop);
                parts.Reservations.TransferReservations(to, hop);
                to.Park_NeedsLock(hop, NextParking());
                parts.Room.Waiting[to] = true;
                // Nothing may be left that makes room, so that a caller that waits for the hop would wait for ever.
                if (parts.State == ManagerState.Stopped)
                    hop.Done.TrySetResult();
            }
            else
                parts.Reservations.ReleaseRest_NeedsLock(to, queue, hop);
            if (store is not null)
                StoreJournal<T>.TellRefusals_NeedsLock(to, queue);
            // Bytes are not held while waiting: two hops could otherwise wait for each other's for ever. They are let
            // go only now that those which the next result needs are claimed, or a new offer could take them, and hold
            // them in a stage whose consumer waits for this hop.
            hop.Source.Pool.Release(0, bytesTakenOver);
            global.Release(0, bytesTakenOver);
            if (bytesTakenOver > 0)
                to.FreedRoom = true;
            to.QueueZoneUpdate(hop.Source);
            to.QueueSignalUpdate(hop.Source);
        }
        finally
        {
            parts.Sessions.Leave(to);
        }
    }

    static void TellParked_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.Number = stage.LastParkingNumber + 1 - hop.Next;
        hop.IsTold = true;
        stage.LastParkingNumber += hop.Waiting;
        stage.Tell(
            new StageEvent<T>.Parked(
                hop.Source.Id,
                hop.Number + hop.Next,
                hop.Results[hop.Next..].ToArray(),
                hop.Bytes is { } bytes ? bytes[hop.Next..] : new int[hop.Waiting],
                stage.Now,
                stage.Depth
            )
        );
    }

    /// <summary>Brings a parked hop forward. Returns true when results still wait.</summary>
    public bool ContinueHop_NeedsLock(StageState<T> stage, ParkedHop<T> hop, HopPass pass)
    {
        var queue = parts.Sources.QueueOf_NeedsLock(stage, hop.Source)!;
        var (noBytes, before) = (0L, hop.Next);
        TransferResults_NeedsLock(stage, queue, hop, pass, ref noBytes);
        if (hop.IsTold && hop.Next > before)
            stage.Tell(new StageEvent<T>.Unparked(hop.Source.Id, hop.Number + before, hop.Next - before));
        if (hop.Waiting > 0)
        {
            pass.Keep(hop);
            return true;
        }
        parts.Reservations.ReleaseRest_NeedsLock(stage, queue, hop);
        hop.Done.TrySetResult();
        return false;
    }

    /// <summary>Moves results over until one finds no room.</summary>
    /// <param name="stage">The target stage.</param>
    /// <param name="queue">The source's queue there.</param>
    /// <param name="hop">The hop.</param>
    /// <param name="pass">
    /// For a hop that has waited and has room reserved: what it must leave to others. Null: it has just arrived, and
    /// leaves all room that is reserved.
    /// </param>
    /// <param name="bytesTakenOver">Bytes that the hop brought along.</param>
    void TransferResults_NeedsLock(
        StageState<T> stage,
        SourceQueue<T> queue,
        ParkedHop<T> hop,
        HopPass? pass,
        ref long bytesTakenOver
    )
    {
        var source = queue.Source!;
        var isReserved = pass is not null;
        while (hop.Waiting > 0 && queue.Stored == 0)
        {
            var (record, bytes, id) = (hop.Results.Span[hop.Next], hop.BytesAt(hop.Next), hop.Ids?[hop.Next]);
            if (!(stage.Pool.CouldEverHold(bytes) && source.Pool.CouldEverHold(bytes) && global.CouldEverHold(bytes)))
            {
                parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
                stage.Buffer.DeadLetters.AddResult(
                    queue,
                    record,
                    bytes,
                    LossReason.ResultTooLarge,
                    $"{bytes} bytes are more than a limit admits",
                    stage.Now
                );
                continue;
            }
            if (
                !string.IsNullOrEmpty(id)
                && stage.Buffer.Settings.Duplicates is { } window
                && stage.Duplicates.Contains(id, window, stage.Now)
            )
            {
                parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
                queue.Counts.Losses.Add(LossReason.Duplicate, 1);
                continue;
            }
            if (!(isReserved ? stage.Pool.TryTakeReserved(bytes) : stage.Pool.TryTake(bytes)))
            {
                var rule = stage.Buffer.Settings.FullMode;
                if (
                    rule == FullMode.DropOldest
                    && (isReserved || stage.Pool.Reserved == 0)
                    && stage.Buffer.Oldest.Drop(stage.Now)
                )
                    continue;
                if (rule != FullMode.DropNewest)
                    return;
                parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
                queue.Counts.Losses.Add(LossReason.DroppedNewest, 1);
                continue;
            }
            if (!parts.Reservations.TryTakeAbove_NeedsLock(stage, source, hop, bytes, pass, ref bytesTakenOver))
            {
                stage.Pool.Release(1, bytes);
                stage.QueueZoneUpdate(source);
                return;
            }
            if (hop.Retained > 0)
            {
                hop.Retained--;
                queue.HopRetained--;
            }
            else if (isReserved)
                parts.Reservations.ReserveAbove(source, hop, -1);
            parts.Reservations.CountTransferred_NeedsLock(stage, queue, hop);
            parts.Admission.Place_NeedsLock(stage, queue, record, bytes, id);
        }
    }

    /// <summary>
    /// True when a hop was parked at a deeper stage after the pass began. What has just been taken may be the very room
    /// that it waits for: the next pass, which its thread asks for, begins with it.
    /// </summary>
    public bool HasDeeperSince(HopPass pass, StageState<T> stage)
    {
        if (Parkings == pass.Parkings)
            return false;
        foreach (var (other, _) in parts.Room.Waiting)
            if (other.Depth > stage.Depth && other.LastParking > pass.Parkings)
                return true;
        return false;
    }
}
