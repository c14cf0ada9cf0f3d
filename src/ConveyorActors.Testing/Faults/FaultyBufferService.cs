namespace ConveyorActors.Testing.Faults;

/// <summary>
/// A service that fails as networks and processes do, to test producers and consumers with: calls are late, offers are
/// refused, replies are lost, and the process that holds the buffers crashes between accepting and acknowledging.
/// </summary>
/// <remarks>
/// <para>
/// Offers, credits, leases and checkpoints fail. Snapshots and other inspection, settings, holds and stops never do, so
/// that a test can see the truth meanwhile. What fails depends on the seed and on the call's number at its place: the
/// third offer of a source to a stage, say. So a run with several threads fails in the same places each time.
/// </para>
/// <para>
/// An injected refusal does not reach the service and is not in its ledger. It ends at once: subscribers of the
/// source's signals get its signal once more, as after every refusal.
/// </para>
/// <para>
/// A crash is that of a process whose records are durable. What was accepted is there afterwards, in order; leases are void
/// and their records are not charged; credits are void; every call that waits fails. Whether a crash keeps what
/// was accepted is a promise of stores, and tested with them.
/// </para>
/// <para>Safe for use by many threads.</para>
/// </remarks>
public sealed class FaultyBufferService : DelegatingBufferService
{
    readonly IBufferService service;
    readonly FaultInjector injector;

    /// <summary>Initializes a service that passes calls on to another one, and lets some of them fail.</summary>
    /// <param name="service">The service that does the work. It is disposed with this one.</param>
    /// <param name="settings">How often calls fail; null: never, other than by <see cref="FailNext"/>.</param>
    /// <param name="timeProvider">The clock of delays; null: the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The shares of refused offers, lost replies and crashes are more than 1 together.
    /// </exception>
    public FaultyBufferService(
        IBufferService service,
        FaultSettings? settings = null,
        TimeProvider? timeProvider = null
    )
        : this(
            service ?? throw new ArgumentNullException(nameof(service)),
            new FaultInjector(service, Validated(settings ?? new()), timeProvider ?? TimeProvider.System)
        ) { }

    FaultyBufferService(IBufferService service, FaultInjector injector)
        : base(
            new FaultyProducer(service, injector),
            new FaultyConsumer(service, injector),
            new FaultyCheckpoints(service, injector),
            service,
            service
        )
    {
        this.service = service;
        this.injector = injector;
    }

    /// <summary>Gets the last 1,000 faults, oldest first. Print them when a test fails, to see what happened.</summary>
    public IReadOnlyList<InjectedFault> Faults => injector.Log.ToArray();

    /// <summary>Returns how many faults of a kind there were.</summary>
    /// <param name="kind">The kind.</param>
    public long CountOf(FaultKind kind) =>
        Enum.IsDefined(kind)
            ? injector.Log.CountOf(kind)
            : throw new ArgumentOutOfRangeException(
                nameof(kind),
                kind,
                $"kind is {kind}; it must be one of FaultKind."
            );

    /// <summary>
    /// Lets the next call that can fail do so, whatever the settings say; called several times, the next calls one after
    /// the other. A refusal waits for the next offer. A delay is <see cref="FaultSettings.MaxDelay"/>. None lets the call
    /// succeed.
    /// </summary>
    /// <param name="kind">What goes wrong.</param>
    public void FailNext(FaultKind kind)
    {
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, $"kind is {kind}; it must be one of FaultKind.");
        injector.FailNext(kind);
    }

    /// <summary>
    /// Lets the process crash now and start again: leases and credits are void, and every call that waits fails.
    /// </summary>
    public Task CrashAsync() => injector.CrashAsync(injector.Log.Add(FaultKind.Crash, new("CrashAsync", "", ""), 1));

    /// <summary>Disposes the service that does the work.</summary>
    public override ValueTask DisposeAsync() => service.DisposeAsync();

    static FaultSettings Validated(FaultSettings settings)
    {
        var sum = settings.RefusalRate + settings.LostReplyRate + settings.CrashRate;
        return sum <= 1
            ? settings
            : throw new ArgumentOutOfRangeException(
                nameof(settings),
                sum,
                $"RefusalRate + LostReplyRate + CrashRate is {sum}; it must be at most 1."
            );
    }
}
