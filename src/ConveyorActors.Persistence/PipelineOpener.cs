using System.Runtime.CompilerServices;
using Akka.Event;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence;

/// <summary>
/// Opens a pipeline whose records are in a journal, closes it when another process has taken it over, opens it again on
/// a later call, and hands it over when it is closed. Calls pass through its <see cref="Gate"/>.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class PipelineOpener
{
    static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);

    readonly string pipeline;
    readonly ExtendedActorSystem system;
    readonly JournalSettings settings;
    readonly TimeProvider clock;
    readonly JournalCounts counts;
    readonly Func<IBufferStores, IBufferService> start;
    readonly TaskCompletionSource closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Completes when a stopped pipeline must be opened again.
    volatile TaskCompletionSource again = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile JournalStore? current;
    readonly ConditionalWeakTable<IBufferService, WrittenLeases> leases = [];
    volatile PipelineSnapshot? numbersAtOpening;
    volatile IBufferService? stopped; // the engine that was stopped by a call

    /// <param name="pipeline">The pipeline.</param>
    /// <param name="system">The actor system of its actors.</param>
    /// <param name="settings">The settings of its journal.</param>
    /// <param name="clock">The clock that waits are measured by.</param>
    /// <param name="counts">The counts of what is written.</param>
    /// <param name="start">Starts the engine over a store.</param>
    /// <param name="before">Completes when no other object in this process has the pipeline open.</param>
    public PipelineOpener(
        string pipeline,
        ExtendedActorSystem system,
        JournalSettings settings,
        TimeProvider clock,
        JournalCounts counts,
        Func<IBufferStores, IBufferService> start,
        Task before
    )
    {
        (this.pipeline, this.system, this.settings, this.clock, this.counts, this.start) = (
            pipeline,
            system,
            settings,
            clock,
            counts,
            start
        );
        Closed = Task.Run(() => RunAsync(before));
    }

    /// <summary>
    /// Gets a task that completes when the pipeline is handed over: every change that can be written is written, and
    /// its actors have ended.
    /// </summary>
    public Task Closed { get; }

    /// <summary>
    /// Gets the gate that calls pass through. They wait there while the pipeline is being opened, and are refused with
    /// the reason while it cannot be opened.
    /// </summary>
    public EngineGate Gate { get; } = new();

    /// <summary>Gets whether the pipeline is being handed over, or was.</summary>
    public bool IsClosing => closing.Task.IsCompleted;

    /// <summary>
    /// Gets whether another process has taken the pipeline over, and this one has not opened it again.
    /// </summary>
    public bool IsTakenOver => current is { IsLost: true };

    /// <summary>Gets the snapshot of the pipeline from when it was last opened here; null: it was never opened.</summary>
    public PipelineSnapshot? NumbersAtOpening => numbersAtOpening;

    /// <summary>Returns the object that leases records of an engine that calls passed to.</summary>
    public WrittenLeases GetLeases(IBufferService engine) =>
        leases.TryGetValue(engine, out var known) ? known : throw new ObjectDisposedException(nameof(IBufferService));

    /// <summary>Hands the pipeline over.</summary>
    public Task CloseAsync()
    {
        closing.TrySetResult();
        return Closed;
    }

    /// <summary>Records that a call has stopped the engine.</summary>
    public void SetStopped(IBufferService engine) => stopped = engine;

    async Task RunAsync(Task before)
    {
        await before.ConfigureAwait(false);
        while (!closing.Task.IsCompleted)
        {
            var store = new JournalStore(pipeline, settings.MaxUnwrittenBytes, clock, counts);
            counts.UseStore(store);
            current = store;
            IActorRef keeper;
            try
            {
                keeper = system.SystemActorOf(
                    JournalSupervisor.Props(store, settings, PipelineJournal.Props(store, settings, clock)),
                    $"conveyor-journal-{Guid.NewGuid():N}"
                );
            }
            catch (InvalidOperationException)
            {
                break; // the actor system is ending
            }
            await ServeAsync(store).ConfigureAwait(false);
            await EndAsync(keeper).ConfigureAwait(false);
            if (closing.Task.IsCompleted)
                break;
            if (again.Task.IsCompleted)
            {
                again = new(TaskCreationOptions.RunContinuationsAsynchronously);
                if (!store.IsLost)
                    continue; // calls wait at the gate
            }
            // The process that has taken the pipeline over gets time to work. The pipeline is opened here again only
            // for a call, and only after a delay.
            var nextCall = Gate.Refuse(store.Failure ?? $"pipeline '{pipeline}' was taken over by another process");
            await Task.WhenAny(Task.Delay(settings.ReopenAfter, clock), closing.Task).ConfigureAwait(false);
            await Task.WhenAny(nextCall, closing.Task).ConfigureAwait(false);
            Gate.Wait();
        }
        _ = Gate.Refuse($"pipeline '{pipeline}' is closed");
    }

    /// <summary>Opens the pipeline, and lets calls through until it is lost or closed.</summary>
    async Task ServeAsync(JournalStore store)
    {
        await Task.WhenAny(store.Opened, store.Lost, store.WhenFailing(), closing.Task).ConfigureAwait(false);
        if (store is { Opened.IsCompleted: false, IsLost: false, Failure: { } reason } && !closing.Task.IsCompleted)
        {
            _ = Gate.Refuse($"pipeline '{pipeline}' cannot be opened now: {reason}");
            await Task.WhenAny(store.Opened, store.Lost, closing.Task).ConfigureAwait(false);
        }
        if (!store.Opened.IsCompleted || store.IsLost)
            return;
        IBufferService engine;
        try
        {
            engine = start(new SinglePipelineStores(pipeline, store));
            numbersAtOpening = await engine.GetSnapshotAsync(pipeline).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            system.Log.Error(
                failure,
                "[{EventName}] Pipeline '{Pipeline}' could not be started over its records.",
                JournalEvents.PipelineNotStarted,
                pipeline
            );
            _ = Gate.Refuse(
                $"pipeline '{pipeline}' could not be started over its records: {Reasons.Describe(failure)}"
            );
            return;
        }
        leases.Add(engine, new(engine, store, (engine as EmbeddedBufferService)?.Clock ?? clock, clock));
        Gate.Open(engine);
        await Task.WhenAny(store.Lost, closing.Task, again.Task).ConfigureAwait(false);
        if (store.IsLost || closing.Task.IsCompleted)
            _ = Gate.Refuse(store.IsLost ? store.Failure! : $"pipeline '{pipeline}' is closed");
        await engine.DisposeAsync().ConfigureAwait(false); // writes the outstanding changes
    }

    /// <summary>
    /// Opens a stopped pipeline again. A store belongs to one engine, so the pipeline is handed over, and gets a new
    /// store.
    /// </summary>
    public void StartAgainIfStopped()
    {
        if (stopped is not { } engine || Interlocked.CompareExchange(ref stopped, null, engine) != engine)
            return;
        if (!Gate.IsOpenTo(engine))
            return; // the pipeline was lost or closed meanwhile
        Gate.Wait();
        again.TrySetResult();
    }

    async Task EndAsync(IActorRef keeper)
    {
        try
        {
            await keeper.GracefulStop(CloseTimeout, PipelineJournal.Close.Instance).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            system.Stop(keeper as IInternalActorRef);
        }
    }

    /// <summary>The stores of a service with one pipeline.</summary>
    sealed class SinglePipelineStores(string pipeline, JournalStore store) : IBufferStores, IStoreEpochs
    {
        /// <summary>Returns the epoch of the claim that this incarnation writes when its engine starts.</summary>
        public long GetEpoch(string name) => store.TriedEpoch;

        public IReadOnlyList<string> Pipelines { get; } = [pipeline];

        public IBufferStore<ConveyorRecord> GetStore(string name) =>
            name == pipeline
                ? store
                : throw new ArgumentException(
                    $"The store is that of pipeline '{pipeline}', and '{name}' was asked for.",
                    nameof(name)
                );

        public ValueTask DisposeAsync() => default;
    }
}
