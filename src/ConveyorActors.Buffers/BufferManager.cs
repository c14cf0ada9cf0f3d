using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>
/// Buffers records between the stages of one pipeline, under exact limits for the whole pipeline, each stage and each
/// source.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Each stage has its own lock and no lock covers all stages; the user's code never runs
/// under a lock. A refused record stays with the caller; an accepted record is pending until it is completed, dropped
/// by the stage's full mode, expired or dead-lettered. The parts that do the work are in the folder Manager.
/// </remarks>
/// <typeparam name="T">The user's record.</typeparam>
public sealed class BufferManager<T> : IAsyncDisposable, IDisposable
{
    /// <summary>Initializes a manager that is empty, or holds the records of its store.</summary>
    /// <param name="settings">The limits; null: the default limits.</param>
    /// <param name="options">
    /// The functions that read the sizes and ids of records, and the store for the records; null: records have no size
    /// and no id, and are kept in memory.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Two settings contradict each other, or a setting needs a function that the options do not supply.
    /// </exception>
    public BufferManager(BufferSettings? settings = null, BufferManagerOptions<T>? options = null)
    {
        Parts = new(settings ?? new(), options ?? new());
        Parts.Start();
    }

    /// <summary>Gets the name of the pipeline.</summary>
    public string PipelineId => Parts.Options.PipelineId;

    /// <summary>Gets the limits in force.</summary>
    public BufferSettings Settings => Parts.Settings;

    /// <summary>
    /// Stops the manager at once, even while a stop with a later deadline is under way. Offers are refused as Draining
    /// from then on; the numbers, the dead letters and the records that remain can still be read, leased and settled.
    /// No timer runs any more, so a lease that is not settled may not go back by itself.
    /// </summary>
    public ValueTask DisposeAsync() => Parts.Stop.DisposeAsync();

    /// <summary>Stops the manager as <see cref="DisposeAsync"/> does, and blocks until it has stopped.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Offers one record to a stage. Never waits: a full stage refuses the record even under
    /// <see cref="FullMode.Wait"/>.
    /// </summary>
    /// <param name="stage">The stage; created on first use.</param>
    /// <param name="source">The source of the record; created on first use.</param>
    /// <param name="record">The record.</param>
    /// <param name="credits">
    /// A grant for this source at this stage: while it lasts, the offer is not refused for lack of room.
    /// </param>
    public OfferResult BufferForStage(string stage, string source, T record, CreditGrant? credits = null) =>
        Parts.Offers.BufferForStage(stage, source, record, credits);

    /// <summary>
    /// Offers records to a stage, in order. A prefix of them is accepted; the result contains their number and the
    /// reason why the next one was not accepted. Never waits.
    /// </summary>
    public OfferResult BufferBatchForStage(
        string stage,
        string source,
        ReadOnlySpan<T> records,
        CreditGrant? credits = null
    ) => Parts.Offers.BufferBatchForStage(stage, source, records, credits);

    /// <inheritdoc cref="IBufferProducer.OfferOnceAsync"/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => Parts.IdentifiedOffers.OfferOnceAsync(stage, source, records, id, ackLevel, credits, cancellationToken);

    /// <summary>
    /// Offers one record; under <see cref="FullMode.Wait"/>, completes when there is room under every limit.
    /// </summary>
    public ValueTask<OfferResult> BufferForStageAsync(
        string stage,
        string source,
        T record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => Parts.WaitingOffers.BufferForStageAsync(stage, source, record, credits, cancellationToken);

    /// <summary>
    /// Offers records, in order; under <see cref="FullMode.Wait"/>, completes when the last one is in the buffer. If a
    /// wait is cancelled, the records accepted by then stay accepted, and the result contains their number; if none was
    /// accepted, the call is cancelled and leaves nothing behind.
    /// </summary>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => Parts.WaitingOffers.BufferBatchForStageAsync(stage, source, records, credits, cancellationToken);

    /// <summary>Gets whether accepted records survive the process.</summary>
    public bool IsDurable => Parts.Store is not null;

    /// <inheritdoc cref="IBufferProducer.FlushAsync"/>
    public Task<bool> FlushAsync() => Parts.Journal.FlushAsync();

    /// <summary>
    /// Completes records of a lease and stores a checkpoint in one step: after a crash either both exist or
    /// neither.
    /// </summary>
    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences, Checkpoint checkpoint) =>
        Parts.Checkpoints.Complete(lease, sequences, checkpoint);

    /// <inheritdoc cref="ICheckpointStore.SetCheckpointAsync"/>
    public void SetCheckpoint(Checkpoint checkpoint) => Parts.Checkpoints.SetCheckpoint(checkpoint);

    /// <inheritdoc cref="ICheckpointStore.GetCheckpointAsync"/>
    public string? GetCheckpoint(string key) => Parts.Checkpoints.GetCheckpoint(key);

    /// <inheritdoc cref="ICheckpointStore.GetPositionAsync"/>
    public SourcePosition? GetPosition(string source) => Parts.Checkpoints.GetPosition(source);

    /// <inheritdoc cref="ICheckpointStore.SetPositionAsync"/>
    public void SetPosition(string source, SourcePosition position) => Parts.Checkpoints.SetPosition(source, position);

    /// <summary>
    /// Leases up to <see cref="BatchRequest.Max"/> records of a stage. Never waits, even when
    /// <see cref="BatchRequest.Wait"/> is set. If only the store has records that can be leased, the call blocks while
    /// some of them are read.
    /// </summary>
    public Lease<T> GetBatch(string stage, BatchRequest request) => Parts.Leases.GetBatch(stage, request);

    /// <summary>
    /// Leases records and, if <see cref="BatchRequest.Wait"/> is set, waits until there is at least one; otherwise the
    /// same as <see cref="GetBatch(string, BatchRequest)"/>.
    /// </summary>
    public ValueTask<Lease<T>> GetBatchAsync(
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => Parts.Leases.GetBatchAsync(stage, request, cancellationToken);

    /// <summary>Completes the given records of a lease; null: all that are open.</summary>
    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences) =>
        Parts.Leases.Complete(lease, sequences);

    /// <summary>Returns the given records of a lease to their queues; the other records can still be settled.</summary>
    public SettleResult ReturnToBuffer(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true
    ) => Parts.Leases.ReturnToBuffer(lease, sequences, reason, charge);

    /// <inheritdoc cref="IBufferConsumer.DeadLetterAsync"/>
    public SettleResult DeadLetter(Lease<T> lease, IReadOnlyList<long>? sequences, string reason) =>
        Parts.Leases.DeadLetter(lease, sequences, reason);

    /// <summary>
    /// Ends a lease whose consumer has died: its open records go back at once, as if the deadline had passed. A single
    /// open record is charged a retry. Several open records are not charged; instead the records of their sources are
    /// leased in smaller leases until a lease of one record fails, which identifies the record that makes consumers
    /// die.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <returns>
    /// The number of records that went back or became dead letters. Settling the lease later returns
    /// <see cref="SettleStatus.LeaseExpired"/>.
    /// </returns>
    public SettleResult Abandon(Lease<T> lease, string reason) => Parts.Leases.Abandon(lease, reason);

    /// <inheritdoc cref="IBufferConsumer.RenewAsync"/>
    public SettleResult Renew(Lease<T> lease) => Parts.Leases.Renew(lease);

    /// <inheritdoc cref="IBufferInspector.GetDeadLettersAsync"/>
    public IReadOnlyList<DeadLetter<T>> GetDeadLetters(string stage, int max = int.MaxValue) =>
        Parts.DeadLetters.GetDeadLetters(stage, max);

    /// <inheritdoc cref="IBufferAdministrator.ReplayDeadLettersAsync"/>
    public int ReplayDeadLetters(string stage, int max = int.MaxValue) =>
        Parts.DeadLetters.ReplayDeadLetters(stage, max);

    /// <inheritdoc cref="IBufferAdministrator.PurgeDeadLettersAsync"/>
    public int PurgeDeadLetters(string stage, int max = int.MaxValue) => Parts.DeadLetters.PurgeDeadLetters(stage, max);

    /// <inheritdoc cref="IBufferInspector.PeekAsync"/>
    public IReadOnlyList<BufferedRecord<T>> Peek(string stage, int max) => Parts.DeadLetters.Peek(stage, max);

    /// <summary>
    /// Completes records of a lease and offers their results to another stage in one step: either both happen or
    /// neither. The results take over the room of the records they came from. Results that need more room than that
    /// wait inside the manager and move to the target stage as room becomes free, before any new offer.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="sequences">
    /// The sequences of the records to complete, all of one source; null: all that are open.
    /// </param>
    /// <param name="targetStage">The stage that receives the results.</param>
    /// <param name="results">Any number of results. The memory must not change until the hop is done.</param>
    /// <exception cref="ArgumentException">The records are of several sources.</exception>
    public SettleResult Hop(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results
    ) => Parts.Hops.Hop(lease, sequences, targetStage, results);

    /// <summary>
    /// Makes the same hop as <see cref="Hop(Lease{T}, IReadOnlyList{long}, string, ReadOnlyMemory{T})"/> and completes
    /// when the last result is in the target stage. Cancelling ends the wait, not the hop.
    /// </summary>
    /// <remarks>
    /// A caller that waits must not block the consumer that would free the room: in a cycle of stages that
    /// multiplies its records, each consumer may wait for the other forever. There,
    /// <see cref="Hop(Lease{T}, IReadOnlyList{long}, string, ReadOnlyMemory{T})"/> makes progress, however small the
    /// limits are.
    /// </remarks>
    public ValueTask<SettleResult> HopAsync(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results,
        CancellationToken cancellationToken = default
    ) => Parts.Hops.HopAsync(lease, sequences, targetStage, results, cancellationToken);

    /// <inheritdoc cref="IBufferProducer.ShouldBackpressureAsync"/>
    public bool ShouldBackpressure(string source) => Parts.Sources.ShouldBackpressure(source);

    /// <inheritdoc cref="IBufferProducer.GetSignalAsync"/>
    public BackpressureSignal GetSignal(string source) => Parts.Sources.GetSignal(source);

    /// <summary>Subscribes to the source's signal and all its changes. Dispose the subscription to end it.</summary>
    public SignalSubscription SubscribeSignals(string source) => Parts.Sources.SubscribeSignals(source);

    /// <summary>Returns the smallest free room among manager, source and stage, in records. Never negative.</summary>
    public long AvailableCredits(string stage, string source) => Parts.Sources.AvailableCredits(stage, source);

    /// <inheritdoc cref="IBufferProducer.RequestCreditsAsync"/>
    public CreditGrant RequestCredits(
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0
    ) => Parts.Credits.RequestCredits(stage, source, records, timeToLive, bytesPerRecord);

    /// <inheritdoc cref="IBufferProducer.WaitForCreditsAsync"/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => Parts.Credits.WaitForCreditsAsync(stage, source, records, timeToLive, bytesPerRecord, cancellationToken);

    /// <inheritdoc cref="IBufferProducer.GiveBackCreditsAsync"/>
    public int GiveBackCredits(CreditGrant grant) => Parts.Credits.GiveBackCredits(grant);

    /// <inheritdoc cref="IBufferInspector.GetStageUtilizationAsync"/>
    public double GetStageUtilization(string stage) => Parts.Snapshots.GetStageUtilization(stage);

    /// <inheritdoc cref="IBufferInspector.GetGlobalUtilizationAsync"/>
    public double GetGlobalUtilization() => Parts.Snapshots.GetGlobalUtilization();

    /// <inheritdoc cref="IBufferInspector.GetStagesWithDataAsync"/>
    public IReadOnlyList<string> GetStagesWithData() => Parts.Snapshots.GetStagesWithData();

    /// <inheritdoc cref="IBufferInspector.GetSnapshotAsync"/>
    public PipelineSnapshot GetSnapshot() => Parts.Snapshots.GetSnapshot();

    /// <summary>Returns how many records were lost so far, by reason, over all stages and sources.</summary>
    public LossLedger GetLedger() => Parts.Snapshots.GetLedger();

    /// <inheritdoc cref="IBufferInspector.ExplainAsync"/>
    public IReadOnlyList<BackpressureReason> Explain(string source) => Parts.Snapshots.Explain(source);

    /// <summary>
    /// Changes the limits. Records over a new limit stay, unless their stage drops its oldest records; no new records
    /// are admitted until the limit is met.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A setting is invalid, or needs <see cref="BufferManagerOptions{T}.SizeOf"/> or
    /// <see cref="BufferManagerOptions{T}.IdOf"/>, which is null.
    /// </exception>
    public void ChangeLimits(BufferSettings changed) => Parts.Limits.ChangeLimits(changed);

    /// <summary>Gives one stage its own settings, which later changes of the limits do not affect.</summary>
    /// <exception cref="ArgumentException">
    /// A setting is invalid, or needs <see cref="BufferManagerOptions{T}.IdOf"/>, which is null.
    /// </exception>
    public void ConfigureStage(string stage, StageSettings own) => Parts.Limits.ConfigureStage(stage, own);

    /// <inheritdoc cref="IBufferAdministrator.PlanLimitsAsync"/>
    public LimitChange PlanLimits(BufferSettings planned) => Parts.Limits.PlanLimits(planned);

    /// <inheritdoc cref="IOperatorHolds.PauseAsync"/>
    public bool Pause(HoldTarget target, string name) => Parts.Holds.Pause(target, name);

    /// <inheritdoc cref="IOperatorHolds.ResumeAsync"/>
    public bool Resume(HoldTarget target, string name) => Parts.Holds.Resume(target, name);

    /// <inheritdoc cref="IBufferAdministrator.StopAsync"/>
    public ValueTask<StopReport> StopAsync(TimeSpan deadline, CancellationToken cancellationToken = default) =>
        Parts.Stop.StopAsync(deadline, cancellationToken);

    /// <summary>Gets the parts of the manager, for use inside this library only.</summary>
    internal ManagerParts<T> Parts { get; }
}
