using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// Holds the managers of an <see cref="EmbeddedBufferService"/>, one for each pipeline, created on first use.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The settings must not be changed after the first call for a manager.
/// </remarks>
sealed class EmbeddedManagers : IAsyncDisposable
{
    /// <summary>The stores in use in this process, and the service that last used each.</summary>
    static readonly ConditionalWeakTable<IBufferStore<ConveyorRecord>, EmbeddedManagers> UsedStores = new();

    readonly ConcurrentDictionary<string, BufferManager<ConveyorRecord>> managers = new(StringComparer.Ordinal);
    readonly Lock creation = new();
    readonly TimeProvider? clock;
    readonly IBufferStores? stores;
    readonly string? system;
    readonly Lazy<BufferManager<ConveyorRecord>> nothing;
    bool isDisposed;
    bool isClosed;

    /// <param name="clock">The clock of every manager; null: the system clock.</param>
    /// <param name="stores">
    /// The stores that keep records when the process ends; null: records are in memory only.
    /// </param>
    /// <param name="system">The tag <c>system</c> of the metrics; null: no such tag.</param>
    public EmbeddedManagers(TimeProvider? clock, IBufferStores? stores, string? system)
    {
        (this.clock, this.stores, this.system) = (clock, stores, system);
        nothing = new(() =>
            new(
                Defaults,
                new()
                {
                    SizeOf = static r => r.GetSize(),
                    IdOf = static r => r.Id,
                    IsMeasured = false,
                }
            )
        );
    }

    /// <summary>Gets or sets the settings of pipelines that are used before they are configured.</summary>
    public BufferSettings Defaults { get; set; } = new();

    public TimeProvider Clock => clock ?? TimeProvider.System;

    /// <summary>Gets or sets whether the numbers of the pipelines are published by the meter.</summary>
    public bool IsMeasured { get; set; } = true;

    /// <summary>
    /// Gets or sets the object that grants room to sources with a budget over a cluster; null: no source has one.
    /// </summary>
    public IBudgetedEngines? Budgets { get; set; }

    /// <summary>
    /// Gets or sets the highest sequence that earlier pipelines of these names assigned: stages continue after it.
    /// </summary>
    public long LastSequence { get; set; }

    /// <summary>Gets or sets whether records are stored beyond the process.</summary>
    public bool IsDurable
    {
        get => field || stores is not null;
        set;
    }

    /// <summary>Gets the names of all pipelines, including those in the stores.</summary>
    public IReadOnlyList<string> Pipelines =>
        managers.Keys.Union(stores?.Pipelines ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();

    /// <summary>Throws if the service is disposed. For changes that could no longer be stored.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(isDisposed, typeof(EmbeddedBufferService));

    /// <summary>Returns the manager of a pipeline, which is created on first use.</summary>
    public BufferManager<ConveyorRecord> Get(string pipeline) =>
        pipeline is not null && managers.TryGetValue(pipeline, out var known)
            ? known
            : Create(Names.Validate(pipeline), Defaults);

    /// <summary>
    /// Returns the manager of a pipeline for a query. A query does not create a pipeline: for a pipeline that does not
    /// exist, an empty manager is returned.
    /// </summary>
    public BufferManager<ConveyorRecord> Find(string pipeline)
    {
        if (managers.TryGetValue(Names.Validate(pipeline), out var known))
            return known;
        if (stores is not null && stores.Pipelines.Contains(pipeline, StringComparer.Ordinal))
            return Get(pipeline);
        ThrowIfDisposed();
        return nothing.Value;
    }

    /// <summary>
    /// Returns the manager of a pipeline for settling records. Throws if the service is disposed and has stores: records
    /// that are settled now would come again at the next start. Returning and abandoning need not call this, because
    /// such records come again in any case.
    /// </summary>
    public BufferManager<ConveyorRecord> FindForSettling(string pipeline)
    {
        if (stores is not null)
            ThrowIfDisposed();
        return Find(pipeline);
    }

    /// <summary>
    /// Sets a pipeline's limits. Without stores, a stopped pipeline gets a new manager, which continues the sequences
    /// of the old one.
    /// </summary>
    public void Configure(string pipeline, BufferSettings settings)
    {
        ThrowIfDisposed();
        var manager =
            managers.TryGetValue(Names.Validate(pipeline), out var known) && !CanStartAgain(known)
                ? known
                : Create(pipeline, settings);
        if (!manager.Settings.Equals(settings))
            manager.ChangeLimits(settings);
    }

    /// <summary>Adds a manager that was created elsewhere, for a pipeline that has none here.</summary>
    public void Adopt(string pipeline, BufferManager<ConveyorRecord> manager) => managers.TryAdd(pipeline, manager);

    /// <summary>Stops each pipeline that is created from now on at once.</summary>
    public void Close()
    {
        lock (creation)
            isClosed = true;
    }

    public async ValueTask DisposeAsync()
    {
        lock (creation)
            isDisposed = true;
        foreach (var (_, manager) in managers)
            await manager.DisposeAsync().ConfigureAwait(false);
        if (nothing.IsValueCreated)
            await nothing.Value.DisposeAsync().ConfigureAwait(false);
        if (stores is not null)
            await stores.DisposeAsync().ConfigureAwait(false);
    }

    BufferManager<ConveyorRecord> Create(string pipeline, BufferSettings settings)
    {
        lock (creation)
        {
            ThrowIfDisposed();
            if (managers.TryGetValue(pipeline, out var known) && !CanStartAgain(known))
                return known;
            var store = stores?.GetStore(pipeline);
            if (store is not null)
                Reserve(store, pipeline);
            var budgeted = store is null
                ? null
                : Budgets?.Open(pipeline, (stores as IStoreEpochs)?.GetEpoch(pipeline) ?? 0);
            var created = new BufferManager<ConveyorRecord>(
                settings,
                new()
                {
                    Allowances = budgeted?.Allowances,
                    AllowancesClosed = budgeted is null ? null : budgeted.OnClosed,
                    PipelineId = pipeline,
                    SystemName = system,
                    SizeOf = static r => r.GetSize(),
                    IdOf = static r => r.Id,
                    Clock = Clock,
                    Store = store,
                    IsMeasured = IsMeasured,
                    LastSequence = known?.GetPort().LastSequence ?? LastSequence,
                }
            );
            budgeted?.OnOpened(created, created.GetPort().RestoredBySource);
            if (known is not null)
            {
                created.GetPort().TakeOver(known);
                _ = known.DisposeAsync().AsTask();
            }
            if (isClosed)
                _ = created.StopAsync(TimeSpan.Zero).AsTask();
            return managers[pipeline] = created;
        }
    }

    /// <summary>
    /// Reserves a store for this service. Two services would give the same sequences to different records, and the store
    /// would lose some of them.
    /// </summary>
    void Reserve(IBufferStore<ConveyorRecord> store, string pipeline)
    {
        lock (UsedStores)
        {
            if (UsedStores.TryGetValue(store, out var user) && user != this && !user.isDisposed)
                throw new InvalidOperationException(
                    $"The stores of this service are used by another one, which has opened pipeline '{pipeline}'; each service must have stores of its own."
                );
            UsedStores.AddOrUpdate(store, this);
        }
    }

    // A store belongs to the manager that opened it until the service is disposed.
    bool CanStartAgain(BufferManager<ConveyorRecord> manager) => stores is null && manager.GetPort().HasStopped;
}
