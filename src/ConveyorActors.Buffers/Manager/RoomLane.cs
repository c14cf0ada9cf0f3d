using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The offers and requests for credits that wait for room at one stage: each source's waiters in order of arrival, and
/// the first waiter of each source ordered by its ticket.
/// </summary>
/// <remarks>
/// Guarded by the stage's lock, except for <see cref="FirstTicket"/>, which any thread may read. The time to add, to
/// remove and to find the next waiter does not depend on the number of waiters of one source, and grows logarithmically
/// with the number of sources that wait.
/// </remarks>
sealed class RoomLane(RoomQueue order)
{
    static readonly Comparer<(long Ticket, RoomWaiter? Waiter)> ByTicket = Comparer<(
        long Ticket,
        RoomWaiter? Waiter
    )>.Create((a, b) => a.Ticket.CompareTo(b.Ticket));

    readonly SortedSet<(long Ticket, RoomWaiter? Waiter)> heads = new(ByTicket);
    long firstTicket = long.MaxValue;
    int forStage;

    public int Count { get; private set; }

    /// <summary>Gets how many queues' first waiters wait for the stage's room. May be read by any thread.</summary>
    public int ForStage => Volatile.Read(ref forStage);

    /// <summary>Gets the ticket of the first waiter here; <see cref="long.MaxValue"/>: none.</summary>
    public long FirstTicket => Volatile.Read(ref firstTicket);

    /// <summary>Gets all waiters, source by source, in order of arrival within each source.</summary>
    public IEnumerable<RoomWaiter> Waiters
    {
        get
        {
            foreach (var (_, head) in heads)
                for (var waiter = head; waiter is not null; waiter = waiter.Later)
                    yield return waiter;
        }
    }

    /// <summary>
    /// Returns the room that a new offer of a source must wait for, because others arrived before it; Accepted: no
    /// other waits before it.
    /// </summary>
    public OfferStatus FindRoomToWaitFor(SourceQueue queue)
    {
        if (order.Count == 0)
            return OfferStatus.Accepted;
        if (forStage > 0)
            return OfferStatus.StageFull;
        if (queue.FirstWaiter is not null || queue.Source!.Waiting > 0)
            return OfferStatus.SourceFull;
        return order.ForManager > 0 ? OfferStatus.GlobalFull : OfferStatus.Accepted;
    }

    /// <summary>Adds a new waiter behind all others.</summary>
    public void Add(RoomWaiter waiter, OfferStatus waitsFor)
    {
        waiter.Ticket = order.TakeTicket();
        waiter.IsWaiting = true;
        Count++;
        order.ChangeWaiters(1);
        var queue = waiter.Queue;
        waiter.Earlier = queue.LastWaiter;
        queue.LastWaiter = waiter;
        if (waiter.Earlier is { } earlier)
            earlier.Later = waiter;
        else
            AddHead(waiter, waitsFor);
    }

    /// <summary>
    /// Removes a waiter from any place. The next waiter of its source is assumed to wait for the same room until it is
    /// tried.
    /// </summary>
    public void Remove(RoomWaiter waiter)
    {
        if (!waiter.IsWaiting)
            return;
        waiter.IsWaiting = false;
        Count--;
        order.ChangeWaiters(-1);
        var (queue, later) = (waiter.Queue, waiter.Later);
        if (later is not null)
            later.Earlier = waiter.Earlier;
        else
            queue.LastWaiter = waiter.Earlier;
        if (waiter.Earlier is { } earlier)
        {
            earlier.Later = later;
            return;
        }
        queue.FirstWaiter = null;
        heads.Remove((waiter.Ticket, null));
        ChangeCount(waiter, -1);
        if (later is not null)
            AddHead(later, waiter.WaitsFor);
        else
            UpdateFirstTicket();
    }

    /// <summary>Sets the room for which the first waiter of a source was found to wait.</summary>
    public void Block(RoomWaiter head, OfferStatus by)
    {
        if (head.WaitsFor == by)
            return;
        ChangeCount(head, -1);
        head.WaitsFor = by;
        ChangeCount(head, 1);
    }

    /// <summary>
    /// Marks all waiters behind a ticket as waiting for the stage, because the stage is full for an earlier waiter.
    /// </summary>
    public void BlockRest(long after)
    {
        if (forStage == heads.Count)
            return;
        foreach (var (ticket, head) in heads)
            if (ticket > after)
                Block(head!, OfferStatus.StageFull);
    }

    /// <summary>
    /// Returns the next waiter with at least the given ticket, among the first waiters of their queues.
    /// </summary>
    public RoomWaiter? FindHead(long ticket)
    {
        if (heads.Count == 0)
            return null;
        var (least, first) = heads.Min;
        return least >= ticket ? first : heads.GetViewBetween((ticket, null), (long.MaxValue, null)).Min.Waiter;
    }

    /// <summary>Returns whether removing this waiter may let another continue.</summary>
    public bool CanHoldUpOthers(RoomWaiter waiter) =>
        waiter.Earlier is null
        && (
            waiter.Later is not null
            || waiter.WaitsFor switch
            {
                OfferStatus.StageFull => forStage > 1,
                OfferStatus.SourceFull => waiter.Source.Waiting > 1,
                _ => order.Count > 1,
            }
        );

    void AddHead(RoomWaiter head, OfferStatus waitsFor)
    {
        head.Queue.FirstWaiter = head;
        head.WaitsFor = waitsFor;
        heads.Add((head.Ticket, head));
        ChangeCount(head, 1);
        UpdateFirstTicket();
    }

    void UpdateFirstTicket() => Volatile.Write(ref firstTicket, heads.Count == 0 ? long.MaxValue : heads.Min.Ticket);

    void ChangeCount(RoomWaiter head, int change)
    {
        switch (head.WaitsFor)
        {
            case OfferStatus.StageFull:
                forStage += change;
                break;
            case OfferStatus.SourceFull:
                head.Source.ChangeWaiting(change);
                break;
            case OfferStatus.GlobalFull:
                order.ChangeWaitersForManager(change);
                break;
        }
    }
}
