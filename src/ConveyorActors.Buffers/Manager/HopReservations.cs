using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Manages the room that hops take over from settled records, and the room reserved for waiting results.
/// </summary>
sealed class HopReservations<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;

    /// <summary>
    /// Takes room at source and manager for one result: first the room that the hop took over, then new room.
    /// </summary>
    public bool TryTakeAbove_NeedsLock(
        StageState<T> stage,
        SourceState source,
        ParkedHop<T> hop,
        int bytes,
        HopPass? pass,
        ref long bytesTakenOver
    )
    {
        var (atSource, atManager) = pass is null
            ? ((Records: 0, Bytes: source.Pool.ReservedBytes), (Records: 0, Bytes: global.ReservedBytes))
            : (pass.GetKept(source), pass.Kept);
        var records = hop.Retained > 0 ? 0 : 1;
        var brought = records == 0 ? (int)Math.Min(bytes, bytesTakenOver) : 0;
        if (!TryTake(source.Pool, atSource))
        {
            source.Allowance?.RecordShortage(1);
            return false;
        }
        if (!TryTake(global, atManager))
        {
            source.Pool.Release(records, bytes - brought);
            return false;
        }
        if (pass is not null && records + bytes > 0 && parts.Hops.HasDeeperSince(pass, stage))
        {
            source.Pool.Release(records, bytes - brought);
            global.Release(records, bytes - brought);
            return false;
        }
        bytesTakenOver -= brought;
        return true;

        bool TryTake(CapacityPool pool, (int Records, long Bytes) left) =>
            records == 0 ? pool.TryTakeBytes(bytes - brought, left.Bytes)
            : pass is null ? pool.TryTake(bytes)
            : pool.TryTakeReserved(bytes, left.Records, left.Bytes);
    }

    public void CountTransferred_NeedsLock(StageState<T> stage, SourceQueue<T> queue, ParkedHop<T> hop)
    {
        hop.Next++;
        queue.Hopping--;
        if (hop.ReservedAtStage == 0)
            return;
        stage.Pool.Reserve(-1, 0);
        hop.ReservedAtStage--;
        ReserveNextBytes(stage, hop);
    }

    /// <summary>
    /// Reserves the room that the waiting results will need, before the gate is left, so that no other offer takes it
    /// first.
    /// </summary>
    public void Reserve_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.ReservedAtStage = hop.Waiting;
        stage.Pool.Reserve(hop.Waiting, 0);
        ReserveAbove(hop.Source, hop, Math.Max(0, hop.Waiting - hop.Retained));
        ReserveNextBytes(stage, hop);
    }

    /// <summary>
    /// Transfers room that a hop took over to earlier hops of its source whose results wait without any, because
    /// results arrive in order.
    /// </summary>
    public void TransferReservations(StageState<T> stage, ParkedHop<T> hop)
    {
        foreach (var earlier in stage.Hops)
        {
            if (!ReferenceEquals(earlier.Source, hop.Source))
                continue;
            var lent = Math.Min(hop.Retained, earlier.Waiting - earlier.Retained);
            if (lent <= 0)
                continue;
            earlier.Retained += lent;
            hop.Retained -= lent;
            ReserveAbove(hop.Source, earlier, -Math.Min(lent, earlier.ReservedAbove));
            ReserveAbove(hop.Source, hop, lent);
        }
    }

    public void ReserveAbove(SourceState source, ParkedHop<T> hop, int records)
    {
        if (records == 0)
            return;
        hop.ReservedAbove += records;
        source.Pool.Reserve(records, 0);
        global.Reserve(records, 0);
    }

    void ReserveNextBytes(StageState<T> stage, ParkedHop<T> hop)
    {
        long next = hop.Waiting > 0 ? hop.GetBytes(hop.Next) : 0;
        var change = next - hop.ReservedBytes;
        if (change == 0)
            return;
        hop.ReservedBytes = next;
        stage.Pool.Reserve(0, change);
        hop.Source.Pool.Reserve(0, change);
        global.Reserve(0, change);
    }

    /// <summary>
    /// Releases the remaining room after the last result has moved: room for results that were dropped, dead-lettered
    /// or duplicates.
    /// </summary>
    public void ReleaseRest_NeedsLock(StageState<T> stage, SourceQueue<T> queue, ParkedHop<T> hop)
    {
        ReserveAbove(hop.Source, hop, -hop.ReservedAbove);
        stage.FreedRoom = true;
        stage.QueueZoneUpdate(hop.Source);
        if (hop.Retained == 0)
            return;
        queue.HopRetained -= hop.Retained;
        hop.Source.Pool.Release(hop.Retained, 0);
        global.Release(hop.Retained, 0);
        hop.Retained = 0;
    }
}
