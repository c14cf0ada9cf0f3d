using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>
/// Bounded buffers between the stages of one pipeline, under exact limits for the whole, each stage and each source.
/// </summary>
/// <remarks>
/// Safe for use by many threads. There is a lock for each stage and none over all; the user's code never runs under
/// one. A refused record stays with the caller; an accepted one is pending until it is completed, dropped by a rule,
/// expired or dead-lettered. The parts that do the work are in the folder Manager.
/// </remarks>
/// <typeparam name="T">The user's record.</typeparam>
public sealed class BufferManager<T> : IAsyncDisposable, IDisposable
{
    /// <summary>Initializes a manager that is empty, or has the records of its store.</summary>
    /// <param name="settings">The limits; null: the defaults.</param>
    /// <param name="options">
    /// How sizes and ids of records are read, and where records are kept; null: they have no size and no id, and are
    /// kept in memory.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Two settings contradict each other, or ask for what the options do not give.
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

    /// <summary>Stops at once, also where a stop with a later deadline is under way.</summary>
    public ValueTask DisposeAsync() => Parts.Stop.DisposeAsync();

    /// <summary>Does what <see cref="DisposeAsync"/> does, and waits for it.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Offers one record to a stage. Never waits: under <see cref="FullMode.Wait"/> a full stage refuses here.
    /// </summary>
    /// <param name="stage">The stage; created on first use.</param>
    /// <param name="source">The source of the record; created on first use.</param>
    /// <param name="record">The record.</param>
    /// <param name="credits">
    /// A grant of this source at this stage: while it lasts, the offer is not refused for want of room.
    /// </param>
    public OfferResult BufferForStage(string stage, string source, T record, CreditGrant? credits = null) =>
        Parts.Offers.BufferForStage(stage, source, record, credits);

    /// <summary>
    /// Offers records to a stage, in order. A prefix is accepted; the result says how many and what stopped it. Never
    /// waits.
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
    /// Offers one record; where the stage's rule is <see cref="FullMode.Wait"/>, completes when there is room under
    /// every limit.
    /// </summary>
    public ValueTask<OfferResult> BufferForStageAsync(
        string stage,
        string source,
        T record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => Parts.WaitingOffers.BufferForStageAsync(stage, source, record, credits, cancellationToken);

    /// <summary>
    /// Offers records, in order; where the stage's rule is <see cref="FullMode.Wait"/>, completes when the last one is
    /// in. When a wait is cancelled, what was accepted by then stays accepted, and the result says how many; when that
    /// is none, the call is cancelled and nothing is left behind.
    /// </summary>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => Parts.WaitingOffers.BufferBatchForStageAsync(stage, source, records, credits, cancellationToken);

    /// <summary>Gets whether accepted records outlive the process.</summary>
    public bool IsDurable => Parts.Store is not null;

    /// <inheritdoc cref="IBufferProducer.FlushAsync"/>
    public Task<bool> FlushAsync() => Parts.Journal.FlushAsync();

    /// <summary>
    /// Completes records of a lease and stores a checkpoint as one step: after a crash both are there or neither.
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
    /// Leases up to <see cref="BatchRequest.Max"/> records of a stage. Does not wait, whatever the request says.
    /// </summary>
    public Lease<T> GetBatch(string stage, BatchRequest request) => Parts.Leases.GetBatch(stage, request);

    /// <summary>
    /// Leases records, waiting until there is one if <see cref="BatchRequest.Wait"/> says so; otherwise as
    /// <see cref="GetBatch(string, BatchRequest)"/>.
    /// </summary>
    public ValueTask<Lease<T>> GetBatchAsync(
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => Parts.Leases.GetBatchAsync(stage, request, cancellationToken);

    /// <summary>Completes some records of a lease; null: all that are open.</summary>
    public SettleResult Complete(Lease<T> lease, IReadOnlyList<long>? sequences) =>
        Parts.Leases.Complete(lease, sequences);

    /// <summary>Returns some records of a lease to their queues; the rest can still be settled.</summary>
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
    /// Ends a lease whose consumer has died: open records go back at once, as if the deadline had passed. A single open
    /// record is charged a retry. Several are not, and the records of their sources come in smaller leases, until a
    /// lease of one record fails: that record is the one that consumers die of.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <returns>
    /// How many records went back or became dead letters. Settling the lease later returns
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
    /// Completes records of a lease and offers their results to another stage, as one step: both happen or neither. The
    /// results take over the room of the records they came from. Those that are more wait inside the manager and go
    /// over by themselves as room becomes free, before any new offer.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="sequences">Which of its records, all of one source; null: all that are open.</param>
    /// <param name="targetStage">Where the results go.</param>
    /// <param name="results">Any number. The memory must not change until the hop is done.</param>
    /// <exception cref="ArgumentException">The records are of several sources.</exception>
    public SettleResult Hop(
        Lease<T> lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<T> results
    ) => Parts.Hops.Hop(lease, sequences, targetStage, results);

    /// <summary>
    /// The same, completing when the last result is in the target stage. Cancelling ends the wait, not the hop.
    /// </summary>
    /// <remarks>
    /// Waiting must not hold back the consumer that would make the room: in a cycle of stages that multiplies its
    /// records, each may wait for the other for ever.
    /// <see cref="Hop(Lease{T}, IReadOnlyList{long}, string, ReadOnlyMemory{T})"/> goes on there, however small the
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

    /// <summary>Subscribes to the source's signal and every change of it. Dispose the subscription to end it.</summary>
    public SignalSubscription SubscribeSignals(string source) => Parts.Sources.SubscribeSignals(source);

    /// <summary>Returns the least free room of manager, source and stage, in records. Never negative.</summary>
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
    public LossLedger Ledger() => Parts.Snapshots.Ledger();

    /// <inheritdoc cref="IBufferInspector.ExplainAsync"/>
    public IReadOnlyList<BackpressureReason> Explain(string source) => Parts.Snapshots.Explain(source);

    /// <summary>
    /// Changes the limits. Records over a new limit stay, unless their stage drops its oldest; nothing more is admitted
    /// until the limit is met.
    /// </summary>
    public void ChangeLimits(BufferSettings changed) => Parts.Limits.ChangeLimits(changed);

    /// <summary>Gives one stage settings of its own, which later changes of the limits leave alone.</summary>
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

    /// <summary>Gets the parts, for what only this library uses.</summary>
    internal ManagerParts<T> Parts { get; }
}
