namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// Serves the queues of a stage in turn (deficit round robin). A queue is in the round while it can serve a consumer
/// that holds no other lease.
/// </summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class ServingRound<T>(StageContext<T> context, PoisonIsolation<T> isolation)
{
    readonly Queue<SourceQueue<T>> round = new();
    SourceQueue<T>? current;

    /// <summary>
    /// Gets whether a record could be leased now to a consumer that holds no other lease. Exact, except for times that
    /// have passed since the last <see cref="StageBuffer{T}.ProcessDue"/>.
    /// </summary>
    /// <remarks>
    /// Queues that were emptied while in the round (their records expired or were dropped), or that another lease
    /// holds, are removed from the round here. Each is removed once for each time it has joined, so the amortized cost
    /// is constant.
    /// </remarks>
    public bool CanServeNow
    {
        get
        {
            if (current is { } going)
            {
                if (CanServe(going, null))
                    return true;
                Leave(going);
            }
            while (round.TryPeek(out var next))
            {
                if (CanServe(next, null))
                    return true;
                round.Dequeue();
                Leave(next);
            }
            return false;
        }
    }

    public bool IsEmpty => current is null && round.Count == 0;

    public bool IsCurrent(SourceQueue<T> queue) => ReferenceEquals(current, queue);

    /// <summary>
    /// Returns the queue whose turn it is, with its remaining quantum in <see cref="SourceQueue{T}.Deficit"/>; null
    /// when no queue can be served.
    /// </summary>
    public SourceQueue<T>? SelectNext(Lease<T> lease)
    {
        if (current is { } going)
        {
            if (CanServe(going, lease))
                return going;
            Leave(going);
        }
        while (round.TryDequeue(out var queue))
        {
            if (!CanServe(queue, lease))
            {
                Leave(queue);
                continue;
            }
            var quantum = context.Settings.Quantum;
            queue.Deficit = Math.Min(queue.Deficit, quantum) + quantum;
            return current = queue;
        }
        return null;
    }

    /// <summary>
    /// Charges the records served to a queue's turn, and ends the turn if the queue is empty or its quantum is used up.
    /// If no other queue waits, the next turn is the same queue's and begins at once.
    /// </summary>
    public void ChargeServed(SourceQueue<T> queue, int records)
    {
        queue.Deficit -= records;
        if (queue.Records.Count == 0)
        {
            queue.Deficit = 0;
            Leave(queue);
        }
        else if (queue.Deficit == 0 && round.Count == 0)
            queue.Deficit = context.Settings.Quantum;
        else if (queue.Deficit == 0)
        {
            current = null;
            round.Enqueue(queue);
        }
    }

    /// <summary>
    /// Returns whether a lease could take a record of a queue; null: whether a new consumer's lease could.
    /// </summary>
    public bool CanServe(SourceQueue<T> queue, Lease<T>? lease) =>
        queue.Records.Count > 0
        && queue.IsOpenTo(lease?.Root)
        && (isolation.Alone is null || !PoisonIsolation<T>.IsNextAlone(queue));

    /// <summary>Adds a queue to the round if it is not in the round and can be served.</summary>
    public void Rejoin(SourceQueue<T> queue)
    {
        if (queue.InRound)
            return;
        if (!CanServe(queue, null))
        {
            UpdateHasMore(queue);
            return;
        }
        Join(queue);
    }

    /// <summary>
    /// Adds the queues that a lease holds to the round again, because the same consumer requests more. Requests of
    /// other consumers skip these queues.
    /// </summary>
    public void RejoinHeld(Lease<T> root, StageQueues<T> queues)
    {
        if (!root.HasMore)
            return;
        root.HasMore = false;
        foreach (var queue in queues.All)
            if (!queue.InRound && ReferenceEquals(queue.Holder, root) && CanServe(queue, root))
                Join(queue);
    }

    /// <summary>Ends strict order: queues that one lease held are available to all leases.</summary>
    public void ReleaseHeld(StageQueues<T> queues)
    {
        foreach (var queue in queues.All)
        {
            queue.Holder = null;
            Rejoin(queue);
        }
    }

    /// <summary>Removes a queue that leaves the stage. An idle queue is not in the round.</summary>
    public void Forget(SourceQueue<T> queue)
    {
        if (ReferenceEquals(current, queue))
            current = null;
    }

    void Join(SourceQueue<T> queue)
    {
        queue.InRound = true;
        round.Enqueue(queue);
    }

    void Leave(SourceQueue<T> queue)
    {
        if (ReferenceEquals(current, queue))
            current = null;
        queue.InRound = false;
        UpdateHasMore(queue);
    }

    void UpdateHasMore(SourceQueue<T> queue)
    {
        if (queue.Holder is { } holder && CanServe(queue, holder))
            holder.HasMore = true;
    }
}
