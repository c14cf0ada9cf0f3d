using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Leasing;

/// <summary>Leases one batch after the other for a stage, and keeps track of those that are out.</summary>
/// <remarks>Used by one stream stage, and by the steps of its inbox.</remarks>
/// <param name="origin">Where to lease.</param>
/// <param name="settings">How.</param>
/// <param name="inbox">The stage's.</param>
/// <param name="changed">Called when a batch has come, or the pipeline has stopped, or the service has failed.</param>
/// <param name="inHand">Where the stage completes by itself what leaves it; null: downstream settles.</param>
/// <param name="watch">Has <see cref="Watch"/> called at such intervals from now on.</param>
sealed class LeasedBatches(
    LeaseOrigin origin,
    BufferSourceSettings settings,
    StageInbox inbox,
    Action changed,
    HeldRecord? inHand,
    Action<TimeSpan> watch
)
{
    static readonly TimeSpan ShortestWatch = TimeSpan.FromMilliseconds(10);

    readonly CancellationTokenSource waits = new();
    readonly List<BatchLease> unsettled = [];
    readonly BatchRequest request = new(settings.BatchSize) { Wait = true, Consumer = settings.Consumer };
    BatchLease? current;
    readonly bool isOnSystemClock = ReferenceEquals(settings.Clock, TimeProvider.System);
    TimeSpan life;
    long lastTick;
    bool isAsking,
        isClosed;

    /// <summary>True when the pipeline has stopped: no more batches will come.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Why no more batches can come; null: they can.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether an asked-for batch has not come yet.</summary>
    public bool IsAsking => isAsking;

    /// <summary>
    /// The lease whose next record is to be emitted; null: none is there, and <see cref="Ask"/> is next. What has
    /// expired is not emitted.
    /// </summary>
    public BatchLease? Current()
    {
        if (current is null)
            return null;
        if (current.HasMore)
        {
            if (!IsPastDeadline(current))
                return current;
            current.ForgetRest();
        }
        return current = null;
    }

    /// <summary>
    /// The system's clock is asked once in a millisecond, whatever the number of elements: asking it costs as much as
    /// emitting one.
    /// </summary>
    bool IsPastDeadline(BatchLease lease)
    {
        var tick = Environment.TickCount64;
        if (tick == lastTick && isOnSystemClock)
            return false;
        lastTick = tick;
        return settings.Clock.GetUtcNow() >= lease.Deadline;
    }

    /// <summary>
    /// Asks for the next batch, unless that has been done. What has been settled is told first: it may be what the next
    /// batch waits for.
    /// </summary>
    public void Ask()
    {
        if (isAsking || isClosed || IsExhausted || Failure is not null)
            return;
        isAsking = true;
        inHand?.Tell();
        foreach (var lease in unsettled)
            lease.SendGathered();
        unsettled.RemoveAll(static l => l.IsSettled);
        // Beside what downstream holds: it may need more of the same source before it settles any of it, as whoever
        // works in groups does.
        var next = unsettled.Count == 0 ? request : request with { HeldLease = unsettled[^1].Id };
        inbox.Await(
            () => origin.Service.GetBatchAsync(origin.Pipeline, origin.Stage, next, waits.Token),
            Arrived,
            Fail
        );
    }

    void Arrived(LeasedBatch batch)
    {
        isAsking = false;
        if (batch.Count == 0)
        {
            IsExhausted = true;
            changed();
            return;
        }
        var lease = new BatchLease(origin, batch, inbox, batch.Deadline - settings.Clock.GetUtcNow());
        if (isClosed)
        {
            lease.ReturnAll("the stream has ended");
            return;
        }
        unsettled.Add(lease);
        current = lease;
        WatchFor(lease.Life);
        changed();
    }

    void WatchFor(TimeSpan given)
    {
        if (given >= life * 0.9 && given <= life * 2)
            return;
        life = given;
        var interval = given / 4;
        watch(interval > ShortestWatch ? interval : ShortestWatch);
    }

    void Fail(Exception failure)
    {
        isAsking = false;
        if (isClosed)
            return;
        Failure = failure;
        changed();
    }

    /// <summary>
    /// Called four times in a lease's life. Before half of it is over, what has not been emitted goes back, uncharged,
    /// so that a slow stream is not charged for what it never tried; or the lease is renewed, where the stream itself
    /// completes what it emits.
    /// </summary>
    public void Watch()
    {
        foreach (var lease in unsettled)
        {
            if (lease.Age++ < 1 || lease.IsSettled)
                continue;
            if (inHand is not null)
                Renew(lease);
            else
                lease.ReturnRest("not emitted in time");
        }
    }

    void Renew(BatchLease lease)
    {
        lease.Age = 0;
        inbox.Await(
            () => origin.Service.RenewAsync(origin.Pipeline, origin.Stage, lease.Id),
            result =>
            {
                if (result.IsOk)
                    lease.Deadline = settings.Clock.GetUtcNow() + lease.Life;
                else
                    lease.ForgetRest();
            },
            static _ => { }
        );
    }

    /// <summary>
    /// Gives back, uncharged and at once, what was not emitted and, if asked, what was emitted and not settled. No more
    /// batches are asked for.
    /// </summary>
    public void Close(bool alsoEmitted)
    {
        if (!BeginClosing())
            return;
        foreach (var lease in unsettled)
        {
            lease.SendGathered();
            if (alsoEmitted)
                lease.ReturnAll("the stream has failed or was terminated");
            else
                lease.ReturnRest("the stream has ended");
        }
        unsettled.Clear();
        current = null;
    }

    /// <summary>
    /// Downstream has failed on something that it was given: what was not emitted goes back, uncharged, and the rest as
    /// from a consumer that died. One record that is to blame is so found among those that downstream held, however
    /// many streams it makes fail.
    /// </summary>
    public void Abandon(string reason)
    {
        if (!BeginClosing())
            return;
        var failed = new List<long>();
        foreach (var lease in unsettled)
        {
            lease.SendGathered();
            lease.ReturnRest("the stream has failed");
            if (lease.TakeEmitted(reason))
                failed.Add(lease.Id);
        }
        unsettled.Clear();
        current = null;
        if (failed.Count == 0)
            return;
        // Should the call fail, they go back at their deadline.
        inbox.Await(
            () => origin.Service.AbandonAsync(origin.Pipeline, origin.Stage, failed, reason),
            static _ => { },
            static _ => { }
        );
    }

    bool BeginClosing()
    {
        if (isClosed)
            return false;
        isClosed = true;
        waits.Cancel();
        waits.Dispose();
        inHand?.Tell();
        return true;
    }
}
