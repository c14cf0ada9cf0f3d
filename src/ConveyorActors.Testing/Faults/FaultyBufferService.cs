namespace ConveyorActors.Testing.Faults;

/// <summary>
/// A service that simulates failures of networks and processes, for tests of producers and consumers: calls are late,
/// offers are refused, replies are lost, and the process that holds the buffers crashes between accepting and
/// acknowledging.
/// </summary>
/// <remarks>
/// <para>
/// Offers, credits, leases and checkpoints fail. Snapshots and other inspection, settings, holds and stops never do, so
/// that a test can read the real state meanwhile. Which calls fail depends on the seed and on the number of the call at
/// its point: the third offer of a source to a stage, for example. A run with several threads therefore fails in the
/// same places each time.
/// </para>
/// <para>
/// An injected refusal does not reach the service and is not in its ledger. The refusal ends at once: subscribers of
/// the source's signals receive the signal again, as after every refusal.
/// </para>
/// <para>
/// A crash simulates a process whose records are durable. Accepted records are there afterwards, in order; leases are
/// void and their records are not charged; credits are void; every waiting call fails. Whether accepted records survive
/// a real crash is a promise of stores, and tested with them.
/// </para>
/// <para>Safe for use by many threads.</para>
/// </remarks>
public sealed class FaultyBufferService : DelegatingBufferService
{
    readonly IBufferService service;
    readonly FaultInjector injector;

    /// <summary>Initializes a service that passes calls on to another service, and makes some of them fail.</summary>
    /// <param name="service">The service that handles the calls. It is disposed with this service.</param>
    /// <param name="settings">Specifies how often calls fail; null: never, except by <see cref="FailNext"/>.</param>
    /// <param name="timeProvider">The clock of delays; null: the system clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The rates of refused offers, lost replies and crashes add up to more than 1.
    /// </exception>
    public FaultyBufferService(
        IBufferService service,
        FaultSettings? settings = null,
        TimeProvider? timeProvider = null
    )
        : this(
            service ?? throw new ArgumentNullException(nameof(service)),
            new FaultInjector(service, ValidateSum(settings ?? new()), timeProvider ?? TimeProvider.System)
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

    /// <summary>
    /// Gets the last 1,000 faults, oldest first. Print them when a test fails, to see which faults occurred.
    /// </summary>
    public IReadOnlyList<InjectedFault> Faults => injector.Log.ToArray();

    /// <summary>Returns the number of faults of a kind.</summary>
    /// <param name="kind">The kind.</param>
    public long GetCount(FaultKind kind) =>
        Enum.IsDefined(kind)
            ? injector.Log.GetCount(kind)
            : throw new ArgumentOutOfRangeException(
                nameof(kind),
                kind,
                $"kind is {kind}; it must be one of FaultKind."
            );

    /// <summary>
    /// Makes the next call that can fail do so, whatever the settings are; several calls of this method apply to the
    /// next calls one after the other. A refusal applies to the next offer. A delay lasts
    /// <see cref="FaultSettings.MaxDelay"/>. None makes the call succeed.
    /// </summary>
    /// <param name="kind">The kind of the fault.</param>
    public void FailNext(FaultKind kind)
    {
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, $"kind is {kind}; it must be one of FaultKind.");
        injector.FailNext(kind);
    }

    /// <summary>
    /// Makes the process crash now and start again: leases and credits are void, and every waiting call fails.
    /// </summary>
    public Task CrashAsync() => injector.CrashAsync(injector.Log.Add(FaultKind.Crash, new("CrashAsync", "", ""), 1));

    /// <summary>Disposes the service that handles the calls.</summary>
    public override ValueTask DisposeAsync() => service.DisposeAsync();

    static FaultSettings ValidateSum(FaultSettings settings)
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
