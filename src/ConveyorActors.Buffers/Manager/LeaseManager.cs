using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Leases records to consumers and settles them.</summary>
sealed class LeaseManager<T>(ManagerParts<T> parts)
{
    const int BatchingSpins = 6;
    const int SpinsPerCheck = 50;

    public static SettleResult UnknownLease => new(SettleStatus.UnknownLease, 0);

    public Lease<T> GetBatch(string stage, int max) => GetBatch(stage, new BatchRequest(max));

    public Lease<T> GetBatch(string stage, BatchRequest request)
    {
        Amounts.Validate(request);
        var mayLoad = true;
        while (parts.Stages.TryEnter(stage) is { } from)
        {
            try
            {
                var heldLease = from.Buffer.FindRoot(request.HeldLease);
                if (TryLease_NeedsLock(from, request, heldLease) is { } lease)
                    return lease;
                if (!mayLoad || !parts.Backlog.CanLoadFor_NeedsLock(from, heldLease))
                    return Lease<T>.Empty;
            }
            finally
            {
                parts.Sessions.Leave(from);
            }
            // If there is nothing to load any more, another thread has loaded it.
            mayLoad = parts.Backlog.Load(from) != LoadOutcome.NotPossible;
        }
        return Lease<T>.Empty;
    }

    public ValueTask<Lease<T>> GetBatchAsync(string stage, int max, CancellationToken cancellationToken = default) =>
        GetBatchAsync(stage, new BatchRequest(max) { Wait = true }, cancellationToken);

    public ValueTask<Lease<T>> GetBatchAsync(
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.Validate(request);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Lease<T>>(cancellationToken);
        if (!request.Wait)
            return new(GetBatch(stage, request));
        SpinForBatch(parts.Stages.GetOrAddStage(stage), request.Max);
        var from = parts.Stages.Enter(stage);
        LinkedListNode<ConsumerWaiter<T>>? waiter = null;
        var canLoad = false;
        try
        {
            var heldLease = from.Buffer.FindRoot(request.HeldLease);
            if (TryLease_NeedsLock(from, request, heldLease) is { } lease)
                return new(lease);
            if (parts.State == ManagerState.Stopped)
                return new(Lease<T>.Empty);
            waiter = from.Consumers.AddLast(new ConsumerWaiter<T>(heldLease));
            canLoad = parts.Backlog.CanLoadFor_NeedsLock(from, heldLease);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
        if (canLoad)
            parts.Backlog.LoadSoon();
        return WaitAsync(from, waiter, request, cancellationToken);
    }

    /// <summary>
    /// While records are arriving, waits a few microseconds at most for a batch of them: otherwise a consumer that is
    /// faster than its producers would take them one by one and be woken for each.
    /// </summary>
    static void SpinForBatch(StageState<T> from, int max)
    {
        if (Environment.ProcessorCount == 1)
            return;
        var before = from.Buffer.Buffered;
        for (var spin = 0; spin < BatchingSpins && before < max; spin++)
        {
            Thread.SpinWait(SpinsPerCheck);
            var now = from.Buffer.Buffered;
            if (now == before)
                break;
            before = now;
        }
        from.Buffer.LastQueue?.Records.Fetch(Math.Min(before, max));
    }

    async ValueTask<Lease<T>> WaitAsync(
        StageState<T> from,
        LinkedListNode<ConsumerWaiter<T>> waiter,
        BatchRequest request,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            bool canLoad;
            using (cancellationToken.UnsafeRegister(_ => StopWaitingForRecords(from, waiter, cancellationToken), null))
                await waiter.Value.Woken.Task.ConfigureAwait(false);
            from.Gate.Enter();
            from.WakesUnderWay--;
            if (!parts.Stages.TryStart_NeedsLock(from))
            {
                // The stage was removed while idle; a new stage may have the same name.
                from.Gate.Exit();
                return await GetBatchAsync(from.Id, request, cancellationToken).ConfigureAwait(false);
            }
            try
            {
                if (TryLease_NeedsLock(from, request, waiter.Value.HeldLease) is { } lease)
                    return lease;
                if (parts.State == ManagerState.Stopped)
                    return Lease<T>.Empty;
                cancellationToken.ThrowIfCancellationRequested();
                waiter = from.Consumers.AddFirst(new ConsumerWaiter<T>(waiter.Value.HeldLease));
                canLoad = parts.Backlog.CanLoadFor_NeedsLock(from, waiter.Value.HeldLease);
            }
            finally
            {
                parts.Sessions.Leave(from);
            }
            if (canLoad)
                parts.Backlog.LoadSoon();
        }
    }

    static void StopWaitingForRecords(
        StageState<T> from,
        LinkedListNode<ConsumerWaiter<T>> waiter,
        CancellationToken cancellationToken
    )
    {
        using (from.Gate.Pass())
        {
            if (waiter.List is null)
                return; // already woken: the consumer will try again and take the records
            from.Consumers.Remove(waiter);
        }
        waiter.Value.Woken.TrySetCanceled(cancellationToken);
    }

    static Lease<T>? TryLease_NeedsLock(StageState<T> stage, in BatchRequest request, Lease<T>? heldLease) =>
        stage.IsHeldByOperator
            ? null
            : stage.Buffer.GetBatch(
                request.Max,
                stage.Now,
                request.OneSource,
                request.Consumer,
                request.Timeout,
                heldLease
            );

    public SettleResult Complete(Lease<T> lease) => Complete(lease, null);

    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences) =>
        IsEmpty(lease) ? NothingToSettle : Complete(lease.StageId, lease.Id, sequences);

    public SettleResult Complete(string stage, long leaseId, IReadOnlyList<long>? sequences)
    {
        sequences = Copy(sequences);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return UnknownLease;
        try
        {
            return from.Buffer.Complete(leaseId, sequences, from.Now);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public SettleResult ReturnToBuffer(Lease<T> lease, string reason, bool charge = true) =>
        ReturnToBuffer(lease, null, reason, charge);

    public SettleResult ReturnToBuffer(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true
    ) => IsEmpty(lease) ? NothingToSettle : ReturnToBuffer(lease.StageId, lease.Id, sequences, reason, charge);

    public SettleResult ReturnToBuffer(
        string stage,
        long leaseId,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge
    )
    {
        ArgumentNullException.ThrowIfNull(reason);
        sequences = Copy(sequences);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return UnknownLease;
        try
        {
            return from.Buffer.ReturnToBuffer(leaseId, sequences, reason, charge, from.Now);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public SettleResult ReturnToBuffer(string stage, IEnumerable<BufferedRecord<T>> failed, string reason = "returned")
    {
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(reason);
        Names.Validate(stage, "stage");
        BufferedRecord<T>[] records = [.. failed];
        if (records.Length == 0)
            return new(SettleStatus.Ok, 0);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return UnknownLease;
        try
        {
            return from.Buffer.ReturnToBuffer(records, reason, from.Now);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public SettleResult DeadLetter(Lease<T> lease, IReadOnlyList<long>? sequences, string reason) =>
        IsEmpty(lease) ? NothingToSettle : DeadLetter(lease.StageId, lease.Id, sequences, reason);

    public SettleResult DeadLetter(string stage, long leaseId, IReadOnlyList<long>? sequences, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        sequences = Copy(sequences);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return UnknownLease;
        try
        {
            return from.Buffer.DeadLetter(leaseId, sequences, reason, from.Now);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public SettleResult Abandon(Lease<T> lease, string reason) =>
        IsEmpty(lease) ? NothingToSettle : Abandon(lease.StageId, [lease.Id], reason);

    /// <summary>
    /// Ends several leases of a stage whose consumer has died. They are judged together, because any of their open
    /// records may be the cause.
    /// </summary>
    public SettleResult Abandon(string stage, IReadOnlyList<long> leaseIds, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (parts.Stages.TryEnter(stage) is not { } from)
            return leaseIds.Count == 0 ? new(SettleStatus.Ok, 0) : UnknownLease;
        try
        {
            return from.Buffer.Abandon(leaseIds, reason, from.Now);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public SettleResult Renew(Lease<T> lease) => IsEmpty(lease) ? NothingToSettle : Renew(lease.StageId, lease.Id);

    public SettleResult Renew(string stage, long leaseId)
    {
        if (parts.Stages.TryEnter(stage) is not { } from)
            return UnknownLease;
        try
        {
            return new(from.Buffer.Renew(leaseId, from.Now), 0);
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    /// <summary>Gets the result of settling an empty lease: success without records.</summary>
    public static SettleResult NothingToSettle => new(SettleStatus.Ok, 0);

    public static bool IsEmpty(Lease<T> lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        return lease.Owner is null;
    }

    /// <summary>Copies a caller's list before any lock is taken, because its code may be the caller's own.</summary>
    public static IReadOnlyList<long>? Copy(IReadOnlyList<long>? sequences) =>
        sequences is null || sequences.GetType() == typeof(long[]) ? sequences : [.. sequences];
}
