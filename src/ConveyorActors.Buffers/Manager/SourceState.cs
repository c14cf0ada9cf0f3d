using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>One source of a manager: its room over all stages, its signal and the subscribers to it.</summary>
/// <remarks>
/// Safe for use by many threads. The source's lock may be taken under a stage's lock, never the other way round.
/// </remarks>
sealed class SourceState(
    string id,
    PoolLimits limits,
    CapacityPool global,
    long createdAt,
    SourceAllowance? allowance = null
) : INamed
{
    readonly Lock gate = new();
    readonly List<SourceQueue> queues = [];
    readonly List<SignalSubscription> subscribers = [];
    readonly BackpressureController controller = new(limits.Marks);
    readonly QueueCounts retired = new();
    bool isRemoved;
    int waiting;
    int listeners;
    bool isHeldByOperator;

    public string Id { get; } = id;

    public long CreatedAt { get; } = createdAt;

    public CapacityPool Pool { get; } = new(limits);

    /// <summary>
    /// Gets the room that the source's budget over the cluster has granted to this manager; null: the source has no
    /// such budget.
    /// </summary>
    public SourceAllowance? Allowance { get; } = allowance;

    /// <summary>
    /// The room that hops have taken from one stage and not yet brought to the next, in records. Changed under a
    /// stage's lock.
    /// </summary>
    public long InTransit;

    /// <summary>
    /// The number of results that hops have not yet brought to the next stage: pending, and in no stage. Changed under
    /// a stage's lock.
    /// </summary>
    public long ResultsInTransit;

    /// <summary>
    /// Gets the number of stages at which the first of the source's waiters waits for the source's own room.
    /// </summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>
    /// Gets whether an operator holds the source: no offer without a credit is accepted. Changed while every stage's
    /// gate is held.
    /// </summary>
    public bool IsHeldByOperator => Volatile.Read(ref isHeldByOperator);

    public BackpressureSignal Signal => IsHeldByOperator ? BackpressureSignal.Pause : controller.Current;

    public bool IsHeld => controller.Level != 0 || IsHeldByOperator;

    public long AvailableCredits => IsHeldByOperator ? 0 : Math.Min(Pool.Available, global.Available);

    /// <summary>
    /// Attaches a queue to the source. Returns false when the source has been removed; the caller must look it up
    /// again.
    /// </summary>
    public bool TryAttach(SourceQueue queue)
    {
        lock (gate)
        {
            if (isRemoved)
                return false;
            queues.Add(queue);
            return true;
        }
    }

    public void Detach(SourceQueue queue)
    {
        lock (gate)
        {
            queues.Remove(queue);
            retired.Add(queue.Counts);
        }
    }

    /// <summary>Gets whether the source's signals have a subscriber.</summary>
    public bool IsListenedTo => Volatile.Read(ref listeners) > 0;

    /// <summary>Sends the signal to the subscribers again, because there is room for a refused record.</summary>
    public void Wake()
    {
        lock (gate)
            foreach (var subscriber in subscribers)
                subscriber.Publish(Signal);
    }

    public void ChangeWaiting(int change) => Interlocked.Add(ref waiting, change);

    /// <summary>Removes the source if no queue is attached to it. Returns whether it did.</summary>
    public bool TryRemove()
    {
        lock (gate)
        {
            if (queues.Count > 0 || subscribers.Count > 0 || Pool.Used > 0 || isHeldByOperator)
                return false;
            return isRemoved = true;
        }
    }

    public SourceQueue[] Queues
    {
        get
        {
            lock (gate)
                return [.. queues];
        }
    }

    public QueueCounts Retired
    {
        get
        {
            lock (gate)
            {
                var copy = new QueueCounts();
                copy.Add(retired);
                return copy;
            }
        }
    }

    /// <summary>Recomputes the signal. Called whenever a zone that affects the source has changed.</summary>
    public void UpdateSignal()
    {
        lock (gate)
        {
            var zone = Math.Max(global.Zone, Pool.Zone);
            var fill = Math.Max(global.Fill, Pool.Fill);
            foreach (var queue in queues)
            {
                if (!queue.Holds)
                    continue;
                zone = Math.Max(zone, queue.StagePool!.Zone);
                fill = Math.Max(fill, queue.StagePool.Fill);
            }
            if (!controller.Observe_NeedsLock(zone, fill) || isHeldByOperator)
                return; // while an operator holds the source, the fill changes the controller but not the signal
            foreach (var subscriber in subscribers)
                subscriber.Publish(controller.Current);
        }
    }

    /// <summary>Sets or lifts an operator's hold; a resumed source gets the signal of its current fill.</summary>
    public void SetHeld(bool isHeld)
    {
        lock (gate)
        {
            var before = Signal;
            Volatile.Write(ref isHeldByOperator, isHeld);
            if (Signal.Packed == before.Packed)
                return;
            foreach (var subscriber in subscribers)
                subscriber.Publish(Signal);
        }
    }

    public void ChangeLimits(PoolLimits changed, long now)
    {
        lock (gate)
        {
            Pool.ChangeLimits(changed, now);
            controller.ChangeMarks_NeedsLock(changed.Marks);
            ApplyAllowance_NeedsLock();
        }
    }

    /// <summary>
    /// Sets the room admitted by the allowance, minus the records that are still only in the store. Called when either
    /// has changed.
    /// </summary>
    public void ApplyAllowance()
    {
        lock (gate)
            ApplyAllowance_NeedsLock();
    }

    /// <summary>
    /// Gets the number of pending records that are still only in the store. It only decreases, so an outdated value is
    /// never too low.
    /// </summary>
    public long Stored
    {
        get
        {
            lock (gate)
                return Stored_NeedsLock;
        }
    }

    long Stored_NeedsLock
    {
        get
        {
            long stored = 0;
            foreach (var queue in queues)
                stored += Volatile.Read(ref queue.Stored);
            return stored;
        }
    }

    void ApplyAllowance_NeedsLock()
    {
        if (Allowance is not { } given)
            return;
        var (stored, terms) = (Stored_NeedsLock, given.Terms);
        Pool.Grant(
            terms.Admitted - stored,
            terms.Granted - stored,
            terms.IsKnown ? terms.Granted + terms.Free : long.MaxValue
        );
    }

    /// <summary>Subscribes to the source's signals. Returns null when the source has been removed.</summary>
    public SignalSubscription? Subscribe()
    {
        var subscription = new SignalSubscription(Unsubscribe);
        lock (gate)
        {
            if (isRemoved)
                return null;
            subscription.Publish(Signal);
            subscribers.Add(subscription);
            Volatile.Write(ref listeners, subscribers.Count);
        }
        return subscription;
    }

    public void EndSubscriptions()
    {
        lock (gate)
        {
            foreach (var subscriber in subscribers)
                subscriber.End();
            subscribers.Clear();
            Volatile.Write(ref listeners, 0);
        }
    }

    void Unsubscribe(SignalSubscription subscription)
    {
        lock (gate)
        {
            subscribers.Remove(subscription);
            Volatile.Write(ref listeners, subscribers.Count);
        }
    }
}
