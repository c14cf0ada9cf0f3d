using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Leasing;

/// <summary>Leases one batch after the other for a stream stage, and keeps track of the open leases.</summary>
/// <remarks>Used by one stream stage, and by the steps of its inbox.</remarks>
/// <param name="origin">The stage to lease from.</param>
/// <param name="settings">The settings of the source.</param>
/// <param name="inbox">The inbox of the stream stage.</param>
/// <param name="changed">
/// Called when a batch has been leased, the pipeline has stopped, or the service has failed.
/// </param>
/// <param name="inHand">The held record of a stage that completes records itself; null: downstream settles.</param>
/// <param name="watch">Schedules calls of <see cref="Watch"/> at the given interval.</param>
sealed class LeasedBatches(
    LeaseOrigin origin,
    BufferSourceSettings settings,
    StageInbox inbox,
    Action changed,
    HeldRecord? inHand,
    Action<TimeSpan> watch
)
{
    static readonly TimeSpan MinWatch = TimeSpan.FromMilliseconds(10);

    readonly CancellationTokenSource waits = new();
    readonly List<BatchLease> unsettled = [];
    readonly BatchRequest request = new(settings.BatchSize) { Wait = true, Consumer = settings.Consumer };
    BatchLease? current;
    readonly bool isOnSystemClock = ReferenceEquals(settings.Clock, TimeProvider.System);
    TimeSpan life;
    long lastTick;
    bool isRequesting,
        isClosed;

    /// <summary>Gets whether the pipeline has stopped, so that no further batch will be leased.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Gets why no further batch can be leased; null: no failure.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Gets whether a requested batch has not arrived yet.</summary>
    public bool IsRequesting => isRequesting;

    /// <summary>
    /// Returns the lease whose next record must be emitted; null: there is none, and <see cref="Request"/> must be called.
    /// Expired records are not emitted.
    /// </summary>
    public BatchLease? FindCurrent()
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
    /// Returns whether a lease has passed its deadline. The system's clock is read at most once in a millisecond,
    /// because reading it costs as much as emitting an element.
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
    /// Requests the next batch, unless a request is under way. Completed records are sent to the service first, because
    /// the next batch may wait for their room.
    /// </summary>
    public void Request()
    {
        if (isRequesting || isClosed || IsExhausted || Failure is not null)
            return;
        isRequesting = true;
        inHand?.CompleteDone();
        foreach (var lease in unsettled)
            lease.SendGathered();
        unsettled.RemoveAll(static l => l.IsSettled);
        // The request names a held lease, because downstream may need more records of the same source before it settles
        // any of them, as stages that work in groups do.
        var next = unsettled.Count == 0 ? request : request with { HeldLease = unsettled[^1].Id };
        inbox.Await(
            () => origin.Service.GetBatchAsync(origin.Pipeline, origin.Stage, next, waits.Token),
            HandleArrived,
            Fail
        );
    }

    void HandleArrived(LeasedBatch batch)
    {
        isRequesting = false;
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
        watch(interval > MinWatch ? interval : MinWatch);
    }

    void Fail(Exception failure)
    {
        isRequesting = false;
        if (isClosed)
            return;
        Failure = failure;
        changed();
    }

    /// <summary>
    /// Returns records that have not been emitted, uncharged, before half of their lease's time is over, so that a slow
    /// stream is not charged for records that it never tried; or renews the lease, if the stage completes records
    /// itself. Called four times in a lease's time.
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
    /// Returns, uncharged and at once, the records that were not emitted and, if requested, those that were emitted and
    /// not settled. No further batch is requested.
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
    /// Reports that downstream has failed on a record that it held. Records that were not emitted are returned
    /// uncharged, and the others like those of a consumer that died. In this way a single failing record is found among
    /// those that downstream held, after a number of failed streams.
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
        // If the call fails, the records are returned at their deadline.
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
        inHand?.CompleteDone();
        return true;
    }
}
