using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>One stage of a manager: the queue, its room, and all that wait there.</summary>
/// <remarks>
/// Everything but <see cref="Pool"/> is guarded by <see cref="Gate"/>. No thread ever holds two stages' gates, but the
/// one that holds them all.
/// </remarks>
sealed class StageState<T> : IStageRoom, INamed
{
    readonly CapacityPool global;
    readonly List<SourceState> zoneUpdates = []; // sources that got room back in the call that holds the gate

    // sources that the stage's fill may have become the business of, or ceased to be, in it
    readonly List<SourceState> signalUpdates = [];
    long lastParking;
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
        Buffer = new(pipeline, id, settings, clock.DateOf, isStored ? Tell : null, seed, this);
        CreatedAt = LastUsed = Now = clock.NowMs;
    }

    public Gate Gate { get; } = new();

    public string Id { get; }

    public StageBuffer<T> Buffer { get; }

    public CapacityPool Pool { get; }

    public DuplicateFilter Duplicates { get; } = new();

    /// <summary>Offers and requests for credits that wait for room.</summary>
    public RoomLane Lane { get; }

    public LinkedList<ParkedHop<T>> Hops { get; } = new();

    public LinkedList<ConsumerWaiter<T>> Consumers { get; } = new();

    public CreditRegistry Credits { get; } = new();

    /// <summary>Consumers that were woken and have not looked yet.</summary>
    public int WakesUnderWay { get; set; }

    /// <summary>
    /// How many hops lie before this stage at most: room goes to the deepest stage first, where it becomes free again
    /// soonest.
    /// </summary>
    public int Depth { get; set; }

    /// <summary>What the store is told before the gate is left: all of it or none.</summary>
    public List<StoreEntry<T>> Unit { get; } = [];

    /// <summary>The last number given to a result that waits here.</summary>
    public long LastParkingNumber { get; set; }

    /// <summary>
    /// Which of the manager's parkings the last one here was. Written under the gate, read by the thread that pumps.
    /// </summary>
    public long LastParking
    {
        get => Interlocked.Read(ref lastParking);
        set => Interlocked.Exchange(ref lastParking, value);
    }

    /// <summary>
    /// The ticket of the first hop that waits here; <see cref="long.MaxValue"/>: none. Written under the gate, read by
    /// the thread that pumps.
    /// </summary>
    public long FirstHop => Interlocked.Read(ref firstHop);

    public bool HasOwnSettings { get; set; }

    /// <summary>Whether an operator holds the stage: it gives no leases.</summary>
    public bool IsHeldByOperator { get; set; }

    public bool IsRemoved { get; set; }

    public long CreatedAt { get; }

    public long LastUsed { get; set; }

    /// <summary>The time of the call that holds the gate.</summary>
    public long Now { get; set; }

    /// <summary>Room became free in the call that holds the gate.</summary>
    public bool FreedRoom { get; set; }

    /// <summary>A queue whose source listens and was refused in the call that holds the gate; null: none.</summary>
    public SourceQueue<T>? RefusedQueue { get; set; }

    /// <summary>What queues that are gone had counted.</summary>
    public QueueCounts Retired { get; } = new();

    public long NextDue => Math.Min(Buffer.NextDue, Credits.NextDue);

    /// <summary>
    /// Reads records back; null: the store has no records that are not in memory, but for those from before.
    /// </summary>
    public BacklogLoader<T>? Backlog { get; init; }

    bool IStageRoom.IsMemoryFull => Backlog is { IsMemoryFull: true };

    void IStageRoom.Spilled(int records, long bytes) => Backlog!.Spilled_NeedsLock(this, records, bytes);

    void IStageRoom.Release(SourceQueue queue, int records, long bytes) =>
        Release(queue, records, bytes, records, bytes);

    /// <summary>
    /// Gives room back: the stage's, and the source's and manager's, which a hop may keep for its results.
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

    /// <summary>Lets a hop wait here.</summary>
    public void Park_NeedsLock(ParkedHop<T> hop, long ticket)
    {
        hop.Ticket = ticket;
        Hops.AddLast(hop);
        LastParking = ticket; // before its records can be settled
        NoteFirstHop_NeedsLock();
    }

    public bool HasHopOf_NeedsLock(SourceState source)
    {
        for (var node = Hops.First; node is not null; node = node.Next)
            if (ReferenceEquals(node.Value.Source, source))
                return true;
        return false;
    }

    public void NoteFirstHop_NeedsLock() =>
        Interlocked.Exchange(ref firstHop, Hops.First?.Value.Ticket ?? long.MaxValue);

    /// <summary>Adds to what the store is told.</summary>
    public void Tell(StageEvent<T> happened) => Unit.Add(new(Id, happened));

    /// <summary>The source got room back: its zone is brought up to date before the gate is left.</summary>
    public void QueueZoneUpdate(SourceState source)
    {
        if (zoneUpdates.Count == 0 || !ReferenceEquals(zoneUpdates[^1], source))
            zoneUpdates.Add(source);
    }

    /// <summary>The source's signal is worked out before the gate is left, whether a zone has changed or not.</summary>
    public void QueueSignalUpdate(SourceState source)
    {
        if (signalUpdates.Count == 0 || !ReferenceEquals(signalUpdates[^1], source))
            signalUpdates.Add(source);
    }

    /// <summary>Tells the sources that have business here when the stage's zone has changed.</summary>
    public void RefreshZone_NeedsLock()
    {
        RefreshStageZone_NeedsLock();
        if (zoneUpdates.Count > 0)
        {
            // Only now, at the end of the call: room that is freed and taken again in one call never looked free.
            foreach (var source in zoneUpdates)
            {
                if (source.Pool.RefreshZone(Now) || source.IsHeld)
                    source.UpdateSignal();
                source.Allowance?.Freed();
            }
            zoneUpdates.Clear();
        }
        if (signalUpdates.Count == 0)
            return;
        foreach (var source in signalUpdates)
            source.UpdateSignal();
        signalUpdates.Clear();
    }

    /// <summary>The stage's fill is the source's business from now on, even if it has nothing pending here.</summary>
    public void Refused_NeedsLock(SourceQueue queue)
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
        // One at a time: a consumer that was woken takes what has gathered by then and wakes the next one if there is
        // more.
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
