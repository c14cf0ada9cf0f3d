using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The port over managers in this process. Without stores records are held in memory: when the process ends, what is
/// pending is lost. With stores the pipelines that were there before are there from the start; each takes its records
/// back when it is used or configured for the first time.
/// </summary>
public sealed class EmbeddedBufferService : IBufferService, IDisposable
{
    readonly TimeProvider? clock;
    readonly IBufferStores? stores;
    readonly string? system;
    readonly ConcurrentDictionary<string, BufferManager<ConveyorRecord>> managers = new(StringComparer.Ordinal);
    readonly Lock creation = new();
    readonly Lazy<BufferManager<ConveyorRecord>> nobody;
    bool isDisposed;

    /// <summary>Makes the service.</summary>
    /// <param name="clock">The clock of every manager; null: the system's.</param>
    /// <param name="stores">
    /// Where records are kept beyond the life of the process; null: nowhere. Disposed with the service.
    /// </param>
    /// <param name="system">
    /// The value of the tag <c>system</c> of the service's metrics, which tells the services of one process apart;
    /// null: no such tag.
    /// </param>
    public EmbeddedBufferService(TimeProvider? clock = null, IBufferStores? stores = null, string? system = null)
    {
        (this.clock, this.stores, this.system) = (clock, stores, system);
        nobody = new(() =>
            new(
                Defaults,
                new()
                {
                    SizeOf = static r => r.Payload.Length,
                    IdOf = static r => r.Id,
                    IsMeasured = false,
                }
            )
        );
    }

    /// <summary>
    /// Gets the settings of pipelines that are used before they are configured. Default: those of
    /// <see cref="BufferSettings"/>.
    /// </summary>
    public BufferSettings Defaults
    {
        get;
        init =>
            field =
                value?.Validated()
                ?? throw new ArgumentNullException(nameof(Defaults), "Defaults is null; it must be a BufferSettings.");
    } = new();

    /// <summary>The clock of every manager.</summary>
    internal TimeProvider Clock => clock ?? TimeProvider.System;

    /// <summary>Whether the numbers of its pipelines are published by the meter.</summary>
    internal bool IsMeasured { get; init; } = true;

    /// <summary>Grants the room of sources that have a budget over a cluster; null: there are none.</summary>
    internal IBudgetedEngines? Budgets { get; init; }

    /// <summary>
    /// The highest sequence that earlier pipelines of these names assigned: stages continue after it.
    /// </summary>
    internal long LastSequence { get; init; }

    /// <inheritdoc/>
    public bool IsDurable => stores is not null;

    /// <summary>
    /// Returns the manager of a pipeline, for direct use without the port; created on first use. Without stores, a
    /// stopped pipeline gets a new manager from <see cref="ConfigureAsync"/>.
    /// </summary>
    public BufferManager<ConveyorRecord> Manager(string pipeline)
    {
        return pipeline is not null && managers.TryGetValue(pipeline, out var known)
            ? known
            : Create(Names.Validate(pipeline), Defaults);
    }

    /// <summary>
    /// Returns a pipeline for a query. A query does not create a pipeline: for one that does not exist an empty one
    /// stands in.
    /// </summary>
    BufferManager<ConveyorRecord> Asked(string pipeline)
    {
        if (managers.TryGetValue(Names.Validate(pipeline), out var known))
            return known;
        if (stores is not null && stores.Pipelines.Contains(pipeline, StringComparer.Ordinal))
            return Manager(pipeline);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return nobody.Value;
    }

    BufferManager<ConveyorRecord> Create(string pipeline, BufferSettings settings)
    {
        lock (creation)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (managers.TryGetValue(pipeline, out var known) && !CanStartAgain(known))
                return known;
            var store = stores?.Store(pipeline);
            var budgeted = store is null
                ? null
                : Budgets?.Open(pipeline, (stores as IStoreEpochs)?.EpochOf(pipeline) ?? 0);
            var created = new BufferManager<ConveyorRecord>(
                settings,
                new()
                {
                    Allowances = budgeted?.Allowances,
                    AllowancesClosed = budgeted is null ? null : budgeted.Closed,
                    PipelineId = pipeline,
                    SystemName = system,
                    SizeOf = static r => r.Payload.Length,
                    IdOf = static r => r.Id,
                    Clock = clock ?? TimeProvider.System,
                    Store = store,
                    IsMeasured = IsMeasured,
                    LastSequence = known?.Port.LastSequence ?? LastSequence,
                }
            );
            budgeted?.Opened(created, created.Port.RestoredBySource);
            if (known is not null)
            {
                created.Port.TakeOver(known);
                _ = known.DisposeAsync().AsTask();
            }
            return managers[pipeline] = created;
        }
    }

    // A store belongs to the manager that opened it, as long as the service lives.
    bool CanStartAgain(BufferManager<ConveyorRecord> manager) => stores is null && manager.Port.HasStopped;

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        var manager =
            managers.TryGetValue(Names.Validate(pipeline), out var known) && !CanStartAgain(known)
                ? known
                : Create(pipeline, settings);
        if (!manager.Settings.Equals(settings))
            manager.ChangeLimits(settings);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        Manager(pipeline).ConfigureStage(stage, settings);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new(Asked(pipeline).PlanLimits(settings));
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        return Manager(pipeline).BufferForStageAsync(stage, source, record, credits, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        CheckRecords(records.Span, nameof(records));
        return Manager(pipeline).BufferBatchForStageAsync(stage, source, records, credits, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        return Manager(pipeline).BufferForStageAsync(stage, source, record, ackLevel, credits, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        CheckRecords(records.Span, nameof(records));
        return Manager(pipeline).BufferBatchForStageAsync(stage, source, records, ackLevel, credits, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        CheckRecords(records.Span, nameof(records));
        return Manager(pipeline).OfferOnceAsync(stage, source, records, id, ackLevel, credits, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        new(Asked(pipeline).FlushAsync().WaitAsync(cancellationToken));

    /// <inheritdoc/>
    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    )
    {
        Manager(pipeline).SetCheckpoint(checkpoint);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetCheckpoint(key));

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetPosition(source));

    /// <inheritdoc/>
    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    )
    {
        Manager(pipeline).SetPosition(source, position);
        return default;
    }

    static void CheckRecords(ReadOnlySpan<ConveyorRecord> records, string what)
    {
        for (var i = 0; i < records.Length; i++)
            if (records[i] is null)
                throw new ArgumentNullException(what, $"{what}[{i}] is null; it must be a record.");
    }

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    )
    {
        if (!request.Wait)
            return new(Shown(Asked(pipeline).GetBatch(stage, request), stage));
        var leasing = Manager(pipeline).GetBatchAsync(stage, request, cancellationToken);
        return leasing.IsCompletedSuccessfully ? new(Shown(leasing.Result, stage)) : WaitAsync(leasing, stage);

        static async ValueTask<LeasedBatch> WaitAsync(ValueTask<Lease<ConveyorRecord>> leasing, string stage) =>
            Shown(await leasing.ConfigureAwait(false), stage);
    }

    // The lease's memory is used again once it is settled; what crosses the port is the caller's to keep.
    static LeasedBatch Shown(Lease<ConveyorRecord> lease, string stage)
    {
        var records = lease.Count == 0 ? [] : new BufferedRecord<ConveyorRecord>[lease.Count];
        for (var i = 0; i < records.Length; i++)
            records[i] = lease[i];
        return new(lease.Id, stage, lease.Deadline, records);
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.Complete(stage, lease, sequences));

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.Complete(stage, lease, sequences, checkpoint));

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.ReturnToBuffer(stage, lease, sequences, reason, charge));

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.DeadLetter(stage, lease, sequences, reason));

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        CheckRecords(results.Span, nameof(results));
        return Asked(pipeline).Port.HopAsync(stage, lease, sequences, targetStage, results, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.Abandon(stage, [lease], reason));

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(leases);
        return new(Asked(pipeline).Port.Abandon(stage, [.. leases], reason));
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        CheckRecords(results.Span, nameof(results));
        return new(Asked(pipeline).Port.Hop(stage, lease, sequences, targetStage, results));
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Port.Renew(stage, lease));

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).ShouldBackpressure(source));

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetSignal(source));

    /// <inheritdoc/>
    public async IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        using var subscription = Manager(pipeline).SubscribeSignals(source);
        while (await subscription.ReadAsync(cancellationToken).ConfigureAwait(false) is { } signal)
            yield return signal;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Explain(source));

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        new(stage is null ? Asked(pipeline).AvailableCredits(source) : Asked(pipeline).AvailableCredits(stage, source));

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => new(Manager(pipeline).RequestCredits(stage, source, records, timeToLive, bytesPerRecord));

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => Manager(pipeline).WaitForCreditsAsync(stage, source, records, timeToLive, bytesPerRecord, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GiveBackCredits(grant));

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    )
    {
        target.Validate(name); // an invalid call must not create a pipeline
        return WrittenAsync(Manager(pipeline), m => m.Pause(target, name), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => WrittenAsync(Asked(pipeline), m => m.Resume(target, name), cancellationToken);

    static async ValueTask<bool> WrittenAsync(
        BufferManager<ConveyorRecord> manager,
        Func<BufferManager<ConveyorRecord>, bool> change,
        CancellationToken cancellationToken
    )
    {
        var hasChanged = change(manager);
        if (manager.IsDurable)
            await manager.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return hasChanged;
    }

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetStageUtilization(stage));

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetGlobalUtilization());

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetStagesWithData());

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).Peek(stage, max));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetDeadLetters(stage, max));

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).ReplayDeadLetters(stage, max));

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).PurgeDeadLetters(stage, max));

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(Asked(pipeline).GetSnapshot() with { Pipeline = pipeline });

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        new(
            managers.Keys.Union(stores?.Pipelines ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray()
        );

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => Manager(pipeline).StopAsync(deadline, cancellationToken);

    /// <summary>
    /// Does what <see cref="DisposeAsync"/> does, and waits for it: for containers and callers that know no
    /// asynchronous disposal.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (creation)
            isDisposed = true;
        foreach (var (_, manager) in managers)
            await manager.DisposeAsync().ConfigureAwait(false);
        if (nobody.IsValueCreated)
            await nobody.Value.DisposeAsync().ConfigureAwait(false);
        if (stores is not null)
            await stores.DisposeAsync().ConfigureAwait(false);
    }
}
