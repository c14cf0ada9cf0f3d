using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>The base class of a service that delegates its calls to five parts.</summary>
/// <remarks>Safe for use by many threads if the parts are.</remarks>
public abstract class DelegatingBufferService : IBufferService
{
    volatile IBufferProducer producer;
    volatile IBufferConsumer consumer;
    readonly ICheckpointStore checkpoints;
    volatile IBufferInspector inspector;
    readonly IBufferAdministrator administrator;

    /// <summary>Initializes a service from five parts. One object may serve as several of them, or as all.</summary>
    /// <param name="producer">Handles offers, credits and signals.</param>
    /// <param name="consumer">Leases and settles records.</param>
    /// <param name="checkpoints">Stores checkpoints and positions.</param>
    /// <param name="inspector">Returns numbers, reasons and records.</param>
    /// <param name="administrator">Changes settings, holds and dead letters, and stops pipelines.</param>
    protected DelegatingBufferService(
        IBufferProducer producer,
        IBufferConsumer consumer,
        ICheckpointStore checkpoints,
        IBufferInspector inspector,
        IBufferAdministrator administrator
    )
    {
        this.producer = producer ?? throw new ArgumentNullException(nameof(producer));
        this.consumer = consumer ?? throw new ArgumentNullException(nameof(consumer));
        this.checkpoints = checkpoints ?? throw new ArgumentNullException(nameof(checkpoints));
        this.inspector = inspector ?? throw new ArgumentNullException(nameof(inspector));
        this.administrator = administrator ?? throw new ArgumentNullException(nameof(administrator));
    }

    /// <summary>Delegates the calls of producers, inspectors and consumers to other services from now on.</summary>
    internal void DelegateTo(IBufferService service, IBufferService leases) =>
        (producer, inspector, consumer) = (service, service, leases);

    /// <inheritdoc/>
    public bool IsDurable => producer.IsDurable;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => producer.BufferForStageAsync(pipeline, stage, source, record, credits, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => producer.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => producer.BufferForStageAsync(pipeline, stage, source, record, ackLevel, credits, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => producer.BufferBatchForStageAsync(pipeline, stage, source, records, ackLevel, credits, cancellationToken);

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
    ) => producer.OfferOnceAsync(pipeline, stage, source, records, id, ackLevel, credits, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        producer.FlushAsync(pipeline, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => producer.ShouldBackpressureAsync(pipeline, source, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => producer.GetSignalAsync(pipeline, source, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => producer.SubscribeSignalsAsync(pipeline, source, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) => producer.AvailableCreditsAsync(pipeline, stage, source, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => producer.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => producer.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => producer.GiveBackCreditsAsync(pipeline, grant, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => consumer.GetBatchAsync(pipeline, stage, request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) => consumer.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => consumer.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) => consumer.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => consumer.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => consumer.AbandonAsync(pipeline, stage, lease, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) => consumer.AbandonAsync(pipeline, stage, leases, reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => consumer.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => consumer.RenewAsync(pipeline, stage, lease, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => checkpoints.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => checkpoints.SetCheckpointAsync(pipeline, checkpoint, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => checkpoints.GetCheckpointAsync(pipeline, key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => checkpoints.GetPositionAsync(pipeline, source, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) => checkpoints.SetPositionAsync(pipeline, source, position, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => inspector.ExplainAsync(pipeline, source, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => inspector.GetStageUtilizationAsync(pipeline, stage, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => inspector.GetGlobalUtilizationAsync(pipeline, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => inspector.GetStagesWithDataAsync(pipeline, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => inspector.PeekAsync(pipeline, stage, max, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => inspector.GetDeadLettersAsync(pipeline, stage, max, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => inspector.GetSnapshotAsync(pipeline, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        inspector.GetPipelinesAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => administrator.ConfigureAsync(pipeline, settings, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) => administrator.ConfigureStageAsync(pipeline, stage, settings, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => administrator.PlanLimitsAsync(pipeline, settings, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => administrator.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => administrator.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => administrator.StopAsync(pipeline, deadline, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => administrator.PauseAsync(pipeline, target, name, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => administrator.ResumeAsync(pipeline, target, name, cancellationToken);
}
