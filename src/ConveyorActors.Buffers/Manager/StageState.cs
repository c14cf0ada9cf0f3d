using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>One stage of a manager: its queues, its room, and everything that waits there.</summary>
/// <remarks>
/// Everything except <see cref="Pool"/> is guarded by <see cref="Gate"/>. No thread ever holds two stages' gates,
/// except a thread that holds all of them.
/// </remarks>
sealed class StageState<T> : IStageRoom, INamed
{
    readonly CapacityPool global;
    readonly List<SourceState> zoneUpdates = []; // sources that got room back in the call that holds the gate

    // Sources that may have become affected by the stage's fill, or no longer are, in the call that holds the gate.
    readonly List<SourceState> signalUpdates = [];
    long lastParking;
    volatile SourceState? nextDropped;
    long firstHop = long.MaxValue;

    public StageState(
        string pipeline,
        string id,
        StageSettings settings,
        PoolLimits limits,
        CapacityPool global,
        RoomQueue room,
        EngineClock clock,
        int? seed,
        bool isStored
    )
    {
        Id = id;
        this.global = global;
        Pool = new(limits, isShared: false);
        Lane = new(room);
        Buffer = new(pipeline, id, settings, clock.GetDate, isStored ? AddEvent : null, seed, this);
        CreatedAt = LastUsed = Now = clock.NowMs;
    }

    public Gate Gate { get; } = new();

    public string Id { get; }

    public StageBuffer<T> Buffer { get; }

    public CapacityPool Pool { get; }

    public DuplicateFilter Duplicates { get; } = new();

    /// <summary>Gets the offers and requests for credits that wait for room.</summary>
    public RoomLane Lane { get; }

    public LinkedList<ParkedHop<T>> Hops { get; } = new();

    public LinkedList<ConsumerWaiter<T>> Consumers { get; } = new();

    public CreditRegistry Credits { get; } = new();

    /// <summary>Gets or sets the number of consumers that were woken and have not tried again yet.</summary>
    public int WakesUnderWay { get; set; }

    /// <summary>
    /// Gets or sets the greatest number of hops that lead to this stage: room is given to the deepest stage first,
    /// where it becomes free again soonest.
    /// </summary>
    public int Depth { get; set; }

    /// <summary>Gets the changes that are passed to the store as one unit before the gate is left.</summary>
    public List<StoreEntry<T>> Unit { get; } = [];

    /// <summary>Gets or sets the last number given to a waiting result of a hop.</summary>
    public long LastParkingNumber { get; set; }

    /// <summary>
    /// Gets or sets the number of the last hop parked here, counted over the manager. Written under the gate, read by
    /// the thread that serves waiters.
    /// </summary>
    public long LastParking
    {
        get => Interlocked.Read(ref lastParking);
        set => Interlocked.Exchange(ref lastParking, value);
    }

    /// <summary>
    /// Gets the ticket of the first hop that waits here; <see cref="long.MaxValue"/>: none. Written under the gate,
    /// read by the thread that serves waiters.
    /// </summary>
    public long FirstHop => Interlocked.Read(ref firstHop);

    public bool HasOwnSettings { get; set; }

    /// <summary>Gets or sets whether an operator holds the stage: it then gives no leases.</summary>
    public bool IsHeldByOperator { get; set; }

    public bool IsRemoved { get; set; }

    public long CreatedAt { get; }

    public long LastUsed { get; set; }

    /// <summary>Gets or sets the time of the call that holds the gate.</summary>
    public long Now { get; set; }

    /// <summary>Gets or sets whether room became free in the call that holds the gate.</summary>
    public bool FreedRoom { get; set; }

    /// <summary>
    /// Gets or sets a queue whose source subscribes and was refused in the call that holds the gate; null: none.
    /// </summary>
    public SourceQueue<T>? RefusedQueue { get; set; }

    /// <summary>Gets the counts of removed queues.</summary>
    public QueueCounts Retired { get; } = new();

    public long NextDue => Math.Min(Buffer.NextDue, Credits.NextDue);

    /// <summary>
    /// Gets the loader that reads spilled records back; null: only records from before the start can be in the store
    /// and not in memory.
    /// </summary>
    public BacklogLoader<T>? Backlog { get; init; }

    bool IStageRoom.IsMemoryFull => Backlog is { IsMemoryFull: true };

    void IStageRoom.RecordSpilled(int records, long bytes) => Backlog!.RecordSpilled_NeedsLock(this, records, bytes);

    void IStageRoom.Release(SourceQueue queue, int records, long bytes) =>
        Release(queue, records, bytes, records, bytes);

    /// <summary>
    /// Releases room at the stage, and at source and manager, whose room a hop may keep for its results.
    /// </summary>
    public void Release(SourceQueue queue, int records, long bytes, int recordsAbove, long bytesAbove)
    {
        var source = queue.Source!;
        Pool.Release(records, bytes);
        source.Pool.Release(recordsAbove, bytesAbove);
        global.Release(recordsAbove, bytesAbove);
        FreedRoom = true;
        QueueZoneUpdate(source);
    }

    /// <summary>Adds a waiting hop.</summary>
    public void Park_NeedsLock(ParkedHop<T> hop, long ticket)
    {
        hop.Ticket = ticket;
        Hops.AddLast(hop);
        LastParking = ticket; // set before the hop's records can be settled
        UpdateFirstHop_NeedsLock();
    }

    public bool HasHopOf_NeedsLock(SourceState source)
    {
        for (var node = Hops.First; node is not null; node = node.Next)
            if (ReferenceEquals(node.Value.Source, source))
                return true;
        return false;
    }

    public void UpdateFirstHop_NeedsLock() =>
        Interlocked.Exchange(ref firstHop, Hops.First?.Value.Ticket ?? long.MaxValue);

    /// <summary>Adds a change to the unit for the store.</summary>
    public void AddEvent(StageEvent<T> added) => Unit.Add(new(Id, added));

    /// <summary>
    /// Schedules an update of the source's zone before the gate is left, because the source got room back.
    /// </summary>
    public void QueueZoneUpdate(SourceState source)
    {
        if (zoneUpdates.Count == 0 || !ReferenceEquals(zoneUpdates[^1], source))
            zoneUpdates.Add(source);
    }

    /// <summary>
    /// Schedules an update of the source's signal before the gate is left, whether a zone has changed or not.
    /// </summary>
    public void QueueSignalUpdate(SourceState source)
    {
        if (signalUpdates.Count == 0 || !ReferenceEquals(signalUpdates[^1], source))
            signalUpdates.Add(source);
    }

    /// <summary>Updates the zones, and the signals of the sources that the changes affect.</summary>
    public void RefreshZone_NeedsLock()
    {
        RefreshStageZone_NeedsLock();
        if (zoneUpdates.Count > 0)
        {
            // Updated only at the end of the call, so that room that is freed and taken again in one call never looks
            // free.
            foreach (var source in zoneUpdates)
            {
                if (source.Pool.RefreshZone(Now) || source.IsHeld)
                    source.UpdateSignal();
                source.Allowance?.RecordFreed();
            }
            zoneUpdates.Clear();
        }
        if (signalUpdates.Count == 0)
            return;
        foreach (var source in signalUpdates)
            source.UpdateSignal();
        signalUpdates.Clear();
    }

    /// <summary>
    /// Gets the source whose record is dropped when the full stage accepts another one; null: no record may be dropped.
    /// Kept up to date while a source waits to be woken. Safe to read without the gate.
    /// </summary>
    public SourceState? NextDropped => nextDropped;

    /// <summary>
    /// Updates <see cref="NextDropped"/>. Returns whether it is another source now, so that an offer that was refused
    /// may be accepted.
    /// </summary>
    public bool UpdateNextDropped_NeedsLock()
    {
        var before = nextDropped;
        nextDropped = Buffer.Settings.FullMode == FullMode.DropOldest ? Buffer.Oldest.Queue?.Source : null;
        return nextDropped is { } now && !ReferenceEquals(now, before);
    }

    /// <summary>Marks a refused source as affected by the stage's fill, even if it has nothing pending here.</summary>
    public void MarkRefused_NeedsLock(SourceQueue queue)
    {
        queue.WasRefused = true;
        QueueSignalUpdate(queue.Source!);
    }

    void RefreshStageZone_NeedsLock()
    {
        if (!Pool.RefreshZone(Now))
            return;
        var isCalm = Pool.Zone == 0;
        foreach (var queue in Buffer.Queues)
        {
            var concerns = queue.Holds;
            if (isCalm)
                queue.WasRefused = false;
            if (concerns)
                queue.Source!.UpdateSignal();
        }
    }

    public void WakeConsumer_NeedsLock()
    {
        // Consumers are woken one at a time: a woken consumer takes the records available by then and wakes the next
        // one if there are more.
        if (Consumers.First is not { } first || WakesUnderWay > 0 || IsHeldByOperator)
            return;
        var canServe = Buffer.CanServeNow;
        while (
            first is not null
            && (
                first.Value.HeldLease is { IsLimited: true }
                || !canServe && first.Value.HeldLease is not { HasMore: true }
            )
        )
            first = first.Next;
        if (first is not null)
            Wake_NeedsLock(first);
    }

    public void WakeAllConsumers_NeedsLock()
    {
        while (Consumers.First is { } first)
            Wake_NeedsLock(first);
    }

    void Wake_NeedsLock(LinkedListNode<ConsumerWaiter<T>> waiter)
    {
        Consumers.Remove(waiter);
        WakesUnderWay++;
        waiter.Value.Woken.TrySetResult();
    }
}
