using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The offers and requests for credits that wait for room at one stage: the waiters of each source in the order they
/// came, and the first of each by its ticket.
/// </summary>
/// <remarks>
/// Guarded by the stage's lock, but <see cref="FirstTicket"/>, which any thread may read. Adding, removing and finding
/// the next take no longer for many waiters of one source, and logarithmic time in the number of sources that wait.
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

    /// <summary>How many queues' first waiters wait for the stage's room. May be read by any thread.</summary>
    public int ForStage => Volatile.Read(ref forStage);

    /// <summary>The ticket of the first that waits here; <see cref="long.MaxValue"/>: none.</summary>
    public long FirstTicket => Volatile.Read(ref firstTicket);

    /// <summary>All that wait, source by source, each source's in the order they came.</summary>
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
    /// Returns what a new offer of a source must wait for, because others came before it; Accepted: no other waits
    /// before it.
    /// </summary>
    public OfferStatus Before(SourceQueue queue)
    {
        if (order.Count == 0)
            return OfferStatus.Accepted;
        if (forStage > 0)
            return OfferStatus.StageFull;
        if (queue.FirstWaiter is not null || queue.Source!.Waiting > 0)
            return OfferStatus.SourceFull;
        return order.ForManager > 0 ? OfferStatus.GlobalFull : OfferStatus.Accepted;
    }

    /// <summary>Puts a newcomer behind all that wait.</summary>
    public void Add(RoomWaiter waiter, OfferStatus waitsFor)
    {
        waiter.Ticket = order.NextTicket();
        waiter.IsWaiting = true;
        Count++;
        order.CountWaiters(1);
        var queue = waiter.Queue;
        waiter.Earlier = queue.LastWaiter;
        queue.LastWaiter = waiter;
        if (waiter.Earlier is { } earlier)
            earlier.Later = waiter;
        else
            AddHead(waiter, waitsFor);
    }

    /// <summary>
    /// Removes a waiter, wherever it stands. The next waiter of its source is taken to wait for the same room until it
    /// is tried.
    /// </summary>
    public void Remove(RoomWaiter waiter)
    {
        if (!waiter.IsWaiting)
            return;
        waiter.IsWaiting = false;
        Count--;
        order.CountWaiters(-1);
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
        CountFor(waiter, -1);
        if (later is not null)
            AddHead(later, waiter.WaitsFor);
        else
            NoteFirst();
    }

    /// <summary>Notes which room the first waiter of a source was found to wait for.</summary>
    public void Block(RoomWaiter head, OfferStatus by)
    {
        if (head.WaitsFor == by)
            return;
        CountFor(head, -1);
        head.WaitsFor = by;
        CountFor(head, 1);
    }

    /// <summary>
    /// The stage is full for one that waits: those behind it wait for the stage, too, whatever they waited for before.
    /// </summary>
    public void BlockRest(long after)
    {
        if (forStage == heads.Count)
            return;
        foreach (var (ticket, head) in heads)
            if (ticket > after)
                Block(head!, OfferStatus.StageFull);
    }

    /// <summary>The first waiter, of those that are the first of their queues, with at least this ticket.</summary>
    public RoomWaiter? HeadFrom(long ticket)
    {
        if (heads.Count == 0)
            return null;
        var (least, first) = heads.Min;
        return least >= ticket ? first : heads.GetViewBetween((ticket, null), (long.MaxValue, null)).Min.Waiter;
    }

    /// <summary>True when taking this one out may let another go on.</summary>
    public bool MayHoldUpOthers(RoomWaiter waiter) =>
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
        CountFor(head, 1);
        NoteFirst();
    }

    void NoteFirst() => Volatile.Write(ref firstTicket, heads.Count == 0 ? long.MaxValue : heads.Min.Ticket);

    void CountFor(RoomWaiter head, int change)
    {
        switch (head.WaitsFor)
        {
            case OfferStatus.StageFull:
                forStage += change;
                break;
            case OfferStatus.SourceFull:
                head.Source.CountWaiting(change);
                break;
            case OfferStatus.GlobalFull:
                order.CountForManager(change);
                break;
        }
    }
}
