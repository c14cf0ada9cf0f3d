using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>The room that hops bring along, and the room that is reserved for results that wait.</summary>
sealed class HopReservations<T>(ManagerParts<T> parts)
{
    readonly CapacityPool global = parts.Global;

    /// <summary>Room at source and manager for one result: first what the hop brought along, then new.</summary>
    public bool TryTakeAbove_NeedsLock(StageState<T> stage, SourceState source, ParkedHop<T> hop, int bytes, HopPass? pass, ref long bytesTakenOver)
    {
        var (atSource, atManager) = pass is null
            ? ((Records: 0, Bytes: source.Pool.OwedBytes), (Records: 0, Bytes: global.OwedBytes))
            : (pass.KeptOf(source), pass.Kept);
        var records = hop.Retained > 0 ? 0 : 1;
        var brought = records == 0 ? (int)Math.Min(bytes, bytesTakenOver) : 0;
        if (!TryTake(source.Pool, atSource))
        {
            source.Allowance?.Lacked(1);
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
            : pool.TryTakeOwed(bytes, left.Records, left.Bytes);
    }

    public void Over_NeedsLock(StageState<T> stage, SourceLine<T> line, ParkedHop<T> hop)
    {
        hop.Next++;
        line.Hopping--;
        if (hop.OwedAtStage == 0) return;
        stage.Pool.Owe(-1, 0);
        hop.OwedAtStage--;
        OweNextBytes(stage, hop);
    }

    /// <summary>Claims, before the gate is left, the room that the waiting results will need, so that no outsider takes it first.</summary>
    public void Owe_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.OwedAtStage = hop.Waiting;
        stage.Pool.Owe(hop.Waiting, 0);
        OweAbove(hop.Source, hop, Math.Max(0, hop.Waiting - hop.Retained));
        OweNextBytes(stage, hop);
    }

    /// <summary>Results go over in order, so the room that a hop brings along is for the first of its source that wait without any.</summary>
    public void LendToEarlier(StageState<T> stage, ParkedHop<T> hop)
    {
        foreach (var earlier in stage.Hops)
        {
            if (!ReferenceEquals(earlier.Source, hop.Source)) continue;
            var lent = Math.Min(hop.Retained, earlier.Waiting - earlier.Retained);
            if (lent <= 0) continue;
            earlier.Retained += lent;
            hop.Retained -= lent;
            OweAbove(hop.Source, earlier, -Math.Min(lent, earlier.OwedAbove));
            OweAbove(hop.Source, hop, lent);
        }
    }

    public void OweAbove(SourceState source, ParkedHop<T> hop, int records)
    {
        if (records == 0) return;
        hop.OwedAbove += records;
        source.Pool.Owe(records, 0);
        global.Owe(records, 0);
    }

    void OweNextBytes(StageState<T> stage, ParkedHop<T> hop)
    {
        long next = hop.Waiting > 0 ? hop.BytesAt(hop.Next) : 0;
        var change = next - hop.OwedBytes;
        if (change == 0) return;
        hop.OwedBytes = next;
        stage.Pool.Owe(0, change);
        hop.Source.Pool.Owe(0, change);
        global.Owe(0, change);
    }

    /// <summary>All is over: room taken over or claimed for results that were dropped, buried or duplicates is let go.</summary>
    public void GiveUpRest_NeedsLock(StageState<T> stage, SourceLine<T> line, ParkedHop<T> hop)
    {
        OweAbove(hop.Source, hop, -hop.OwedAbove);
        stage.FreedRoom = true;
        stage.Touch(hop.Source);
        if (hop.Retained == 0) return;
        line.HopRetained -= hop.Retained;
        hop.Source.Pool.Release(hop.Retained, 0);
        global.Release(hop.Retained, 0);
        hop.Retained = 0;
    }
}
