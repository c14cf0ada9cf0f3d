using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Moves results of leased records to another stage: settles the records and offers the results in one step.
/// </summary>
sealed class HopCoordinator<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    readonly HopTransfer<T> transfer = new(parts);
    long parkings;

    /// <summary>Gets the number of hops parked so far.</summary>
    public long Parkings => Interlocked.Read(ref parkings);

    /// <summary>Counts a hop that is parked, and returns its number.</summary>
    public long TakeParkingNumber() => Interlocked.Increment(ref parkings);

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
    /// Returns the result of a hop from an empty lease: success without results; otherwise an error status, because no
    /// source is known for the results. Changes nothing.
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
        sequences = LeaseManager<T>.Copy(sequences);
        if (parts.Stages.FindStage(stage) is null)
            return LeaseManager<T>.UnknownLease;
        var sizes = parts.Traits.GetSizes(results.Span);
        var ids = parts.Traits.GetIds(parts.Stages.GetOrAddStage(targetStage), results.Span);
        var settled = Depart(parts.Stages.Enter(stage), leaseId, sequences, results.Length, out var departure);
        if (departure is not { } departed)
            return settled;
        var hop = new ParkedHop<T>(departed.Queue.Source!, results, sizes, ids)
        {
            Retained = departed.Kept,
            Inputs = departed.Inputs,
        };
        try
        {
            Arrive(targetStage, hop, departed.Bytes, departed.Depth + 1);
        }
        finally
        {
            if (departed.MustBeFirst)
                ReleaseSource(departed.From, departed.Queue);
        }
        if (hop.Waiting == 0)
            return settled;
        parked = hop;
        // Ids are read because a duplicate window may be set while the hop waits. The user's function is called outside
        // the locks, and only for a hop that waits.
        if (ids is null && options.IdOf is not null)
            hop.Ids = parts.Traits.GetAllIds(results.Span);
        parts.Room.Pump();
        return settled with { Waiting = hop.Waiting };
    }

    /// <summary>The records that were settled for a hop whose results have not arrived yet.</summary>
    /// <param name="From">The stage of the records.</param>
    /// <param name="Queue">The queue of the records at that stage.</param>
    /// <param name="Kept">The number of records whose room at source and manager the results take over.</param>
    /// <param name="Bytes">The bytes of the records, which the results take over.</param>
    /// <param name="Depth">The depth of the stage.</param>
    /// <param name="MustBeFirst">Whether no lease may take from the queue until the results have arrived.</param>
    /// <param name="Inputs">
    /// The changes of the records' stage, which the store receives together with the arrival; null: none.
    /// </param>
    readonly record struct Departure(
        StageState<T> From,
        SourceQueue<T> Queue,
        int Kept,
        long Bytes,
        int Depth,
        bool MustBeFirst,
        StoreEntry<T>[]? Inputs
    );

    /// <summary>Settles the records that the results come from, and leaves the gate of their stage.</summary>
    /// <param name="from">The stage, whose gate is held.</param>
    /// <param name="leaseId">The lease.</param>
    /// <param name="sequences">The sequences of the records; null: all that are open.</param>
    /// <param name="results">The number of results.</param>
    /// <param name="departure">The data for the arrival; null: no results need to arrive.</param>
    SettleResult Depart(
        StageState<T> from,
        long leaseId,
        IReadOnlyList<long>? sequences,
        int results,
        out Departure? departure
    )
    {
        departure = null;
        try
        {
            if (from.Buffer.Find(leaseId, from.Now, out var status) is not { } lease)
                return new(status, 0);
            if (FindQueueToHopFrom(lease, sequences) is not { } queue)
                return new(SettleStatus.UnknownLease, 0);
            var (source, depth) = (queue.Source!, from.Depth);
            var mustBeFirst = results > 0 && from.Buffer.Settings.LeaseOrder == LeaseOrder.OneLeasePerSource;
            if (mustBeFirst)
                queue.Leaving++;
            var (bytesBefore, eventsBefore) = (queue.PendingBytes, from.Unit.Count);
            var settled = from.Buffer.Hop(leaseId, sequences, from.Now);
            var bytes = bytesBefore - queue.PendingBytes;
            var kept = Math.Min(settled.Settled, results);
            Interlocked.Add(ref source.InTransit, kept);
            Interlocked.Add(ref source.ResultsInTransit, results);
            if (results == 0)
            {
                from.Release(queue, settled.Settled, bytes, settled.Settled, bytes);
                return settled;
            }
            var inputs = store is null ? null : TakeChangesSince_NeedsLock(from, eventsBefore);
            // The room at source and manager moves with the results; the room at this stage is free at once.
            from.Release(queue, settled.Settled, bytes, settled.Settled - kept, 0);
            departure = new(from, queue, kept, bytes, depth, mustBeFirst, inputs);
            return settled;
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    /// <summary>
    /// Returns the queue that the records of a hop come from; null: the lease has none of the records.
    /// </summary>
    static SourceQueue<T>? FindQueueToHopFrom(Lease<T> lease, IReadOnlyList<long>? sequences)
    {
        var queue = lease.Leased.FindOnlyQueue(sequences, out var isMixed);
        return isMixed
            ? throw new ArgumentException(
                "The records to hop are of several sources; hop each source's records by themselves.",
                nameof(sequences)
            )
            : queue;
    }

    /// <summary>Removes the changes that were added to the unit after the first ones, and returns them.</summary>
    static StoreEntry<T>[] TakeChangesSince_NeedsLock(StageState<T> stage, int first)
    {
        StoreEntry<T>[] changes = [.. stage.Unit.Skip(first)];
        stage.Unit.RemoveRange(first, changes.Length);
        return changes;
    }

    /// <summary>
    /// Lets the next records of a source be leased, because their results can no longer arrive before those of the hop.
    /// </summary>
    void ReleaseSource(StageState<T> from, SourceQueue<T> queue)
    {
        from.Gate.Enter();
        parts.Stages.TryStart_NeedsLock(from); // a stage is not removed while a queue of it is in use
        from.Buffer.ReleaseAfterHop(queue);
        parts.Sessions.Leave(from);
    }

    /// <summary>Brings results to their target stage and parks those for which there is no room.</summary>
    void Arrive(string targetStage, ParkedHop<T> hop, long bytesTakenOver, int depth)
    {
        var to = parts.Stages.Enter(targetStage);
        try
        {
            // The source is not removed, because its room in transit keeps it in use.
            var queue =
                parts.Sources.FindQueue_NeedsLock(to, hop.Source)
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
                transfer.Transfer_NeedsLock(to, queue, hop, null, ref bytesTakenOver);
            if (hop.Waiting > 0)
            {
                if (store is not null)
                    RecordParked_NeedsLock(to, hop);
                parts.Reservations.Reserve_NeedsLock(to, hop);
                parts.Reservations.TransferReservations(to, hop);
                to.Park_NeedsLock(hop, TakeParkingNumber());
                parts.Room.Waiting[to] = true;
                // After a stop no room may become free, so a caller that waits for the hop could wait forever.
                if (parts.State == ManagerState.Stopped)
                    hop.Done.TrySetResult();
            }
            else
                parts.Reservations.ReleaseRest_NeedsLock(to, queue, hop);
            if (store is not null)
                StoreJournal<T>.AddRefusals_NeedsLock(to, queue);
            // Bytes are not held while the hop waits, or two hops could wait for each other's bytes forever. They are
            // released only after the bytes for the next result are reserved, or a new offer could take them and hold
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

    static void RecordParked_NeedsLock(StageState<T> stage, ParkedHop<T> hop)
    {
        hop.Number = stage.LastParkingNumber + 1 - hop.Next;
        hop.IsRecorded = true;
        stage.LastParkingNumber += hop.Waiting;
        stage.AddEvent(
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

    /// <summary>Moves results of a parked hop that find room. Returns whether results still wait.</summary>
    public bool ContinueHop_NeedsLock(StageState<T> stage, ParkedHop<T> hop, HopPass pass)
    {
        var queue = parts.Sources.FindQueue_NeedsLock(stage, hop.Source)!;
        var (noBytes, before) = (0L, hop.Next);
        transfer.Transfer_NeedsLock(stage, queue, hop, pass, ref noBytes);
        if (hop.IsRecorded && hop.Next > before)
            stage.AddEvent(new StageEvent<T>.Unparked(hop.Source.Id, hop.Number + before, hop.Next - before));
        if (hop.Waiting > 0)
        {
            pass.Keep(hop);
            return true;
        }
        parts.Reservations.ReleaseRest_NeedsLock(stage, queue, hop);
        hop.Done.TrySetResult();
        return false;
    }

    /// <summary>
    /// Returns whether a hop was parked at a deeper stage after the pass began. That hop may wait for the room that was
    /// just taken: the next pass, which its thread requests, begins with it.
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
