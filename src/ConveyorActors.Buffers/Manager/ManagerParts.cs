using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Holds the parts of one manager and the data they share. Each part owns its state; the parts access each other
/// through this class.
/// </summary>
sealed class ManagerParts<T>
{
    volatile BufferSettings settings;
    volatile int state;

    public ManagerParts(BufferSettings settings, BufferManagerOptions<T> options)
    {
        Options = options;
        Store = options.Store;
        IsPlain = options.SizeOf is null && options.IdOf is null && Store is null && options.Allowances is null;
        Clock = new(options.Clock);
        Traits = new(this);
        this.settings = Traits.Validate(settings);
        Global = new(PoolLimitsFactory.CreateGlobalLimits(settings));
        CatchUps = Store is { } store ? new(_ => store.CatchUpAsync()) : null;
        Stages = new(this);
        Sources = new(this);
        Levels = new(this);
        Admission = new(this);
        Room = new(this);
        Sessions = new(this);
        Offers = new(this);
        WaitingOffers = new(this);
        IdentifiedOffers = new(this);
        Credits = new(this);
        Leases = new(this);
        DeadLetters = new(this);
        Reservations = new(this);
        Hops = new(this);
        Journal = new(this);
        Checkpoints = new(this);
        Backlog = new(this);
        Restorer = new(this);
        Allowances = new(this);
        Holds = new(this);
        Limits = new(this);
        Snapshots = new(this);
        IdleRemoval = new(this);
        Timer = new(this);
        Stop = new(this);
    }

    /// <summary>Starts the timer and the metrics, and restores the content of the store.</summary>
    public void Start()
    {
        Timer.Start();
        Allowances.Bind();
        if (Store is not null)
            Restorer.Restore(Store.Open(Clock.GetDate(0)));
        Stop.StartMetrics();
        IdleRemoval.Start();
    }

    /// <summary>
    /// Gets the lock that guards the sets of stages and sources. Taken before a stage's gate, never under one.
    /// </summary>
    public Lock Structure { get; } = new();

    public BufferManagerOptions<T> Options { get; }

    public EngineClock Clock { get; }

    public IBufferStore<T>? Store { get; }

    /// <summary>Gets whether the store cannot be written, or could not be read when it was last tried.</summary>
    public bool IsStoreFailing => Store is { } store && (store.IsFailing || Backlog.HasFailed);

    /// <summary>Gets whether records have neither size nor id, no store is used, and no source has a budget.</summary>
    public bool IsPlain { get; }

    /// <summary>Gets the room of the whole manager.</summary>
    public CapacityPool Global { get; }

    /// <summary>Gets the offers that wait for a store that is behind; null without a store.</summary>
    public CatchUpQueue? CatchUps { get; }

    /// <summary>Gets the order of all waiters for room.</summary>
    public RoomQueue RoomOrder { get; } = new();

    public RefusedSources<T> Refusals { get; } = new();

    public BufferSettings Settings
    {
        get => settings;
        set => settings = value;
    }

    public ManagerState State
    {
        get => (ManagerState)state;
        set => state = (int)value;
    }

    public RecordTraits<T> Traits { get; }

    public StageRegistry<T> Stages { get; }

    public SourceRegistry<T> Sources { get; }

    public StageSessions<T> Sessions { get; }

    /// <summary>Gets the part that takes room at all levels.</summary>
    public RoomAtLevels<T> Levels { get; }

    public RecordAdmission<T> Admission { get; }

    public RoomServer<T> Room { get; }

    public OfferPath<T> Offers { get; }

    public WaitingOffers<T> WaitingOffers { get; }

    public IdentifiedOffers<T> IdentifiedOffers { get; }

    public CreditIssuer<T> Credits { get; }

    public LeaseManager<T> Leases { get; }

    public DeadLetterManager<T> DeadLetters { get; }

    public HopCoordinator<T> Hops { get; }

    public HopReservations<T> Reservations { get; }

    public StoreJournal<T> Journal { get; }

    public CheckpointStore<T> Checkpoints { get; }

    public BacklogLoader<T> Backlog { get; }

    public ManagerRestorer<T> Restorer { get; }

    public SourceAllowances<T> Allowances { get; }

    public OperatorHoldManager<T> Holds { get; }

    public LimitChanges<T> Limits { get; }

    public SnapshotReader<T> Snapshots { get; }

    public IdleRemoval<T> IdleRemoval { get; }

    public EngineTimer<T> Timer { get; }

    public StopSequence<T> Stop { get; }
}
