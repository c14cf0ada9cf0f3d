using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    long parkings; // hops ever parked

    /// <summary>
    /// Completes records of a lease and offers their results to another stage, as one step: both happen or neither. The results take over the room of
    /// the records they came from. Those that are more wait inside the manager and go over by themselves as room becomes free, before any new offer.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="sequences">Which of its records, all of one source; null: all that are open.</param>
    /// <param name="targetStage">Where the results go.</param>
    /// <param name="results">Any number. The memory must not change until the hop is done.</param>
    /// <exception cref="ArgumentException">The records are of several sources.</exception>
    public SettleResult Hop(Lease<T> lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<T> results) =>
        IsEmpty(lease) ? HopNothing(targetStage, results) : Hop(lease.StageId, lease.Id, sequences, targetStage, results, out _);

    /// <summary>The same, completing when the last result is in the target stage. Cancelling ends the wait, not the hop.</summary>
    /// <remarks>
    /// Waiting must not hold back the consumer that would make the room: in a cycle of stages that multiplies its records, each may wait for the other for
    /// ever. <see cref="Hop(Lease{T}, IReadOnlyList{long}, string, ReadOnlyMemory{T})"/> goes on there, however small the limits are.
    /// </remarks>
    public ValueTask<SettleResult> HopAsync(
        Lease<T> lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<T> results, CancellationToken cancellation = default) =>
        IsEmpty(lease) ? new(HopNothing(targetStage, results)) : HopAsync(lease.StageId, lease.Id, sequences, targetStage, results, cancellation);

    /// <summary>A hop from an empty lease has no source whose results these could be: with results it changes nothing, and says so.</summary>
    static SettleResult HopNothing(string targetStage, ReadOnlyMemory<T> results)
    {
        Names.Checked(targetStage);
        return results.Length == 0 ? NothingToSettle : new(SettleStatus.UnknownLease, 0);
    }

    internal async ValueTask<SettleResult> HopAsync(
        string stage, long leaseId, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<T> results, CancellationToken cancellation)
    {
        var result = Hop(stage, leaseId, sequences, targetStage, results, out var parked);
        if (parked is null) return result;
        await parked.Done.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return result with { Waiting = parked.Waiting };
    }

    internal SettleResult Hop(
        string stage, long leaseId, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<T> results, out ParkedHop<T>? parked)
    {
        parked = null;
        if (targetStage is null || !stages.ContainsKey(targetStage)) Names.Checked(targetStage);
        sequences = Copied(sequences);
        if (FindStage(stage) is null) return UnknownLease;
        var sizes = SizesOf(results.Span);
        var ids = IdsOf(StageOf(targetStage), results.Span);
        var from = Enter(stage);
        SettleResult settled;
        SourceLine<T> line;
        SourceState source;
        bool mustBeFirst;
        int kept;
        long bytes;
        int depth;
        StoreEntry<T>[]? inputs = null;
        try
        {
            if (from.Buffer.Find(leaseId, from.Now, out var status) is not { } lease) return new(status, 0);
            if (StageBuffer<T>.OnlyLineOf(lease, sequences, out var isMixed) is not { } only)
            {
                if (isMixed) throw new ArgumentException("The records to hop are of several sources; hop each source's records by themselves.", nameof(sequences));
                return new(SettleStatus.UnknownLease, 0);
            }
            (line, source, depth) = (only, only.Source!, from.Depth);
            mustBeFirst = results.Length > 0 && from.Buffer.Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
            if (mustBeFirst) line.Leaving++;
            var (bytesBefore, told) = (line.PendingBytes, from.Unit.Count);
            settled = from.Buffer.Hop(leaseId, sequences, from.Now);
            bytes = bytesBefore - line.PendingBytes;
            kept = Math.Min(settled.Settled, results.Length);
            Interlocked.Add(ref source.InTransit, kept);
            Interlocked.Add(ref source.ResultsInTransit, results.Length);
            if (results.Length == 0)
            {
                from.Release(line, settled.Settled, bytes, settled.Settled, bytes);
                return settled;
            }
            if (store is not null)
            {
                inputs = [.. from.Unit.Skip(told)];
                from.Unit.RemoveRange(told, inputs.Length);
            }
            // The source's and the manager's room goes along with the results; the stage's own is free at once.
            from.Release(line, settled.Settled, bytes, settled.Settled - kept, 0);
        }
        finally { Leave(from); }
        var hop = new ParkedHop<T>(source, results, sizes, ids) { Retained = kept, Inputs = inputs };
        try { Arrive(targetStage, hop, bytes, depth + 1); }
        finally { if (mustBeFirst) Arrived(from, line); }
        if (hop.Waiting == 0) return settled;
        parked = hop;
        // A duplicate window may be set while it waits. The user's function is called outside the locks, and only for a hop that waits.
        if (ids is null && options.IdOf is not null) hop.Ids = AllIdsOf(results.Span);
        Pump();
        return settled with { Waiting = hop.Waiting };
    }

    /// <summary>The next records of a source may be leased now that nothing they lead to can arrive before what came of these.</summary>
    void Arrived(StageState<T> from, SourceLine<T> line)
    {
        from.Gate.Enter();
        TryStart_NeedsLock(from); // a stage with a line that is not idle is not removed
        from.Buffer.Arrived(line);
        Leave(from);
    }

    /// <summary>Brings results to their target stage and parks those that find no room.</summary>
    void Arrive(string targetStage, ParkedHop<T> hop, long bytesTakenOver, int depth)
    {
        var to = Enter(targetStage);
        try
        {
            // While its room is in transit the source is in use and is not removed.
            var line = LineOf_NeedsLock(to, hop.Source) ?? throw new InvalidOperationException($"Source '{hop.Source.Id}' vanished during a hop.");
            if (hop.Inputs is { } inputs) to.Unit.AddRange(inputs);
            if (to.Depth < depth && depth <= stages.Count) to.Depth = depth;
            Interlocked.Add(ref hop.Source.InTransit, -hop.Retained);
            Interlocked.Add(ref hop.Source.ResultsInTransit, -hop.Results.Length);
            line.HopRetained += hop.Retained;
            line.Hopping += hop.Results.Length;
            line.Counts.Offered += hop.Results.Length;
            if (!to.HasHopOf_NeedsLock(hop.Source)) GoOver_NeedsLock(to, line, hop, null, ref bytesTakenOver);
            if (hop.Waiting > 0)
            {
                if (store is not null) TellParked_NeedsLock(to, hop);
                Owe_NeedsLock(to, hop);
                LendToEarlier(to, hop);
                to.Park_NeedsLock(hop, Interlocked.Increment(ref parkings));
                waiting[to] = true;
                // Nobody may be left to make room; whoever waits for the hop would wait for ever.
                if (State == ManagerState.Stopped) hop.Done.TrySetResult();
            }
            else GiveUpRest_NeedsLock(to, line, hop);
            if (store is not null) TellRefusals_NeedsLock(to, line);
            // Bytes are not held while waiting: two hops could otherwise wait for each other's for ever. They are let go only now that those which the
            // next result needs are claimed, or a new offer could take them, and hold them in a stage whose consumer waits for this hop.
            hop.Source.Pool.Release(0, bytesTakenOver);
            global.Release(0, bytesTakenOver);
            if (bytesTakenOver > 0) to.FreedRoom = true;
            to.Touch(hop.Source);
            to.Concern(hop.Source);
        }
        finally { Leave(to); }
    }

    static void TellParked_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.Number = stage.LastParkingNumber + 1 - hop.Next;
        hop.IsTold = true;
        stage.LastParkingNumber += hop.Waiting;
        stage.Tell(new StageEvent<T>.Parked(
            hop.Source.Id, hop.Number + hop.Next, hop.Results[hop.Next..].ToArray(),
            hop.Bytes is { } bytes ? bytes[hop.Next..] : new int[hop.Waiting], stage.Now, stage.Depth));
    }

    /// <summary>Brings a parked hop forward. Answers true when results still wait.</summary>
    bool ContinueHop_NeedsLock(StageState<T> stage, ParkedHop<T> hop, HopPass pass)
    {
        var line = LineOf_NeedsLock(stage, hop.Source)!;
        var (noBytes, before) = (0L, hop.Next);
        GoOver_NeedsLock(stage, line, hop, pass, ref noBytes);
        if (hop.IsTold && hop.Next > before) stage.Tell(new StageEvent<T>.Unparked(hop.Source.Id, hop.Number + before, hop.Next - before));
        if (hop.Waiting > 0)
        {
            pass.Keep(hop);
            return true;
        }
        GiveUpRest_NeedsLock(stage, line, hop);
        hop.Done.TrySetResult();
        return false;
    }

    /// <summary>Moves results over until one finds no room.</summary>
    /// <param name="stage">The target stage.</param>
    /// <param name="line">The source's line there.</param>
    /// <param name="hop">The hop.</param>
    /// <param name="pass">For a hop that has waited and is owed room: what it must leave to others. Null: it has just arrived, and leaves what is owed to any.</param>
    /// <param name="bytesTakenOver">Bytes that the hop brought along.</param>
    void GoOver_NeedsLock(StageState<T> stage, SourceLine<T> line, ParkedHop<T> hop, HopPass? pass, ref long bytesTakenOver)
    {
        var source = line.Source!;
        var isOwed = pass is not null;
        while (hop.Waiting > 0 && line.Stored == 0)
        {
            var (record, bytes, id) = (hop.Results.Span[hop.Next], hop.BytesAt(hop.Next), hop.Ids?[hop.Next]);
            if (!(stage.Pool.CouldEverHold(bytes) && source.Pool.CouldEverHold(bytes) && global.CouldEverHold(bytes)))
            {
                Over_NeedsLock(stage, line, hop);
                stage.Buffer.BuryResult(line, record, bytes, LossReason.ResultTooLarge, $"{bytes} bytes are more than a limit admits", stage.Now);
                continue;
            }
            if (!string.IsNullOrEmpty(id) && stage.Buffer.Settings.Duplicates is { } window && stage.Duplicates.Contains(id, window, stage.Now))
            {
                Over_NeedsLock(stage, line, hop);
                line.Counts.Losses.Add(LossReason.Duplicate, 1);
                continue;
            }
            if (!(isOwed ? stage.Pool.TryTakeOwed(bytes) : stage.Pool.TryTake(bytes)))
            {
                var rule = stage.Buffer.Settings.WhenFull;
                if (rule == FullRule.DropOldest && (isOwed || stage.Pool.Owed == 0) && stage.Buffer.DropOldest(stage.Now)) continue;
                if (rule != FullRule.DropNewest) return;
                Over_NeedsLock(stage, line, hop);
                line.Counts.Losses.Add(LossReason.DroppedNewest, 1);
                continue;
            }
            if (!TryTakeAbove_NeedsLock(stage, source, hop, bytes, pass, ref bytesTakenOver))
            {
                stage.Pool.Release(1, bytes);
                stage.Touch(source);
                return;
            }
            if (hop.Retained > 0)
            {
                hop.Retained--;
                line.HopRetained--;
            }
            else if (isOwed) OweAbove(source, hop, -1);
            Over_NeedsLock(stage, line, hop);
            Place_NeedsLock(stage, line, record, bytes, id);
        }
    }

    /// <summary>Room at source and manager for one result: first what the hop brought along, then new.</summary>
    bool TryTakeAbove_NeedsLock(StageState<T> stage, SourceState source, ParkedHop<T> hop, int bytes, HopPass? pass, ref long bytesTakenOver)
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
        if (pass is not null && records + bytes > 0 && HasDeeperSince(pass, stage))
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

    /// <summary>
    /// True when a hop was parked at a deeper stage after the pass began. What has just been taken may be the very room that it waits for:
    /// the next pass, which its thread asks for, begins with it.
    /// </summary>
    bool HasDeeperSince(HopPass pass, StageState<T> stage)
    {
        if (Interlocked.Read(ref parkings) == pass.Parkings) return false;
        foreach (var (other, _) in waiting)
            if (other.Depth > stage.Depth && other.LastParking > pass.Parkings) return true;
        return false;
    }

    void Over_NeedsLock(StageState<T> stage, SourceLine<T> line, ParkedHop<T> hop)
    {
        hop.Next++;
        line.Hopping--;
        if (hop.OwedAtStage == 0) return;
        stage.Pool.Owe(-1, 0);
        hop.OwedAtStage--;
        OweNextBytes(stage, hop);
    }

    /// <summary>Claims, before the gate is left, the room that the waiting results will need, so that no outsider takes it first.</summary>
    void Owe_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.OwedAtStage = hop.Waiting;
        stage.Pool.Owe(hop.Waiting, 0);
        OweAbove(hop.Source, hop, Math.Max(0, hop.Waiting - hop.Retained));
        OweNextBytes(stage, hop);
    }

    /// <summary>Results go over in order, so the room that a hop brings along is for the first of its source that wait without any.</summary>
    void LendToEarlier(StageState<T> stage, ParkedHop<T> hop)
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

    void OweAbove(SourceState source, ParkedHop<T> hop, int records)
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
    void GiveUpRest_NeedsLock(StageState<T> stage, SourceLine<T> line, ParkedHop<T> hop)
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

    /// <summary>What settling an empty lease returns: nothing was to be settled, and nothing is.</summary>
    static SettleResult NothingToSettle => new(SettleStatus.Ok, 0);

    static bool IsEmpty(Lease<T> lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return lease.Owner is null;
    }

    /// <summary>A caller's list, read before any lock is taken: it may be of the caller's own making.</summary>
    static IReadOnlyList<long>? Copied(IReadOnlyList<long>? sequences) =>
        sequences is null || sequences.GetType() == typeof(long[]) ? sequences : [.. sequences];
}
