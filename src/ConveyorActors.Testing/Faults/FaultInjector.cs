namespace ConveyorActors.Testing.Faults;

/// <summary>Makes calls to a service, and lets some of them fail.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class FaultInjector(IBufferService service, FaultSettings settings, TimeProvider timeProvider)
{
    readonly FaultPlan plan = new(settings);
    readonly Lock gate = new();
    readonly Queue<FaultKind> requested = new();
    ServiceIncarnation life = new();

    /// <summary>Gets the faults so far.</summary>
    public FaultLog Log { get; } = new();

    /// <summary>Gets the listeners that are notified of the end of an injected refusal.</summary>
    public RefusalEndNotifier News { get; } = new();

    /// <summary>Gets the current life of the simulated process.</summary>
    public ServiceIncarnation Life
    {
        get
        {
            lock (gate)
                return life;
        }
    }

    /// <summary>Makes the next call to which a fault can apply suffer the fault.</summary>
    public void FailNext(FaultKind kind)
    {
        lock (gate)
            requested.Enqueue(kind);
    }

    /// <summary>Makes an offer, which may be refused.</summary>
    public async ValueTask<OfferResult> OfferAsync(
        FaultPoint point,
        string source,
        CreditGrant? credits,
        Func<CancellationToken, ValueTask<OfferResult>> call,
        CancellationToken cancellationToken
    )
    {
        var mayBeRefused = credits is null || settings.RefusalStatus is OfferStatus.StoreFailing or OfferStatus.Held;
        var fault = TakeNextFault(point, mayBeRefused);
        if (fault.Kind != FaultKind.Refusal)
            return await CallAsync(point, fault, call, null, cancellationToken).ConfigureAwait(false);

        await DelayAsync(point, fault, cancellationToken).ConfigureAwait(false);
        var signal = await service.GetSignalAsync(point.Pipeline, source, cancellationToken).ConfigureAwait(false);
        var free = await service
            .AvailableCreditsAsync(point.Pipeline, null, source, cancellationToken)
            .ConfigureAwait(false);
        Log.Add(FaultKind.Refusal, point, fault.Number);
        News.Notify(point.Pipeline, source);
        return new(settings.RefusalStatus, 0, 0, 0, signal, free);
    }

    /// <summary>Makes a call that is not an offer.</summary>
    /// <param name="point">The point at which the call is made.</param>
    /// <param name="call">A function that makes the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="record">Records the leases or credits that the reply hands out or takes back.</param>
    public ValueTask<T> CallAsync<T>(
        FaultPoint point,
        Func<CancellationToken, ValueTask<T>> call,
        CancellationToken cancellationToken,
        Action<OpenLeasesAndCredits, T>? record = null
    ) => CallAsync(point, TakeNextFault(point, mayBeRefused: false), call, record, cancellationToken);

    /// <summary>Makes the simulated process die and start again.</summary>
    public async Task CrashAsync(InjectedFault fault)
    {
        ServiceIncarnation over;
        lock (gate)
        {
            over = life;
            life = new();
        }
        await over.EndAsync(fault).ConfigureAwait(false);
        await over.Open.VoidAsync(service).ConfigureAwait(false);
    }

    async ValueTask<T> CallAsync<T>(
        FaultPoint point,
        CallFault fault,
        Func<CancellationToken, ValueTask<T>> call,
        Action<OpenLeasesAndCredits, T>? record,
        CancellationToken cancellationToken
    )
    {
        await DelayAsync(point, fault, cancellationToken).ConfigureAwait(false);
        var current = Life;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, current.Ended);
        T reply;
        try
        {
            reply = await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (current.IsOver && !cancellationToken.IsCancellationRequested)
        {
            throw current.CreateFailure();
        }

        record?.Invoke(current.Open, reply);
        if (fault.Kind == FaultKind.Crash)
        {
            var crash = Log.Add(FaultKind.Crash, point, fault.Number);
            await CrashAsync(crash).ConfigureAwait(false);
            throw new InjectedFaultException(crash);
        }
        // The process that sent the reply has died meanwhile, so the leases and credits that it handed out are void.
        if (current.IsOver)
        {
            await current.Open.VoidAsync(service).ConfigureAwait(false);
            throw current.CreateFailure();
        }
        return fault.Kind == FaultKind.LostReply
            ? throw new InjectedFaultException(Log.Add(FaultKind.LostReply, point, fault.Number))
            : reply;
    }

    async Task DelayAsync(FaultPoint point, CallFault fault, CancellationToken cancellationToken)
    {
        if (fault.Delay <= TimeSpan.Zero)
            return;
        Log.Add(FaultKind.Delay, point, fault.Number);
        await Task.Delay(fault.Delay, timeProvider, cancellationToken).ConfigureAwait(false);
    }

    CallFault TakeNextFault(FaultPoint point, bool mayBeRefused)
    {
        var fault = plan.DecideNext(point, mayBeRefused);
        lock (gate)
        {
            if (!requested.TryPeek(out var kind) || kind == FaultKind.Refusal && !mayBeRefused)
                return fault;
            requested.Dequeue();
            return kind == FaultKind.Delay
                ? new(fault.Number, settings.MaxDelay, FaultKind.None)
                : new(fault.Number, TimeSpan.Zero, kind);
        }
    }
}
