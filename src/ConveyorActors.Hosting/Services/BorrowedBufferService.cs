using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Hosting.Services;

/// <summary>
/// Passes calls on to a service that another owner disposes: for all pipelines, or for a single one, as the container
/// does when the pipeline's name is the key.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="service">The service.</param>
/// <param name="pipeline">The pipeline; every other one is refused. Null: all pipelines.</param>
sealed class BorrowedBufferService(IBufferService service, string? pipeline = null) : IBufferService, IDisposable
{
    public bool IsDurable => service.IsDurable;

    string Validate(string named) =>
        pipeline is null || named == pipeline
            ? named
            : throw new ArgumentException(
                $"pipeline is '{named}'; this service was resolved with the key '{pipeline}' and serves that pipeline only.",
                nameof(pipeline)
            );

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => service.BufferForStageAsync(Validate(pipeline), stage, source, record, credits, cancellationToken);

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => service.BufferBatchForStageAsync(Validate(pipeline), stage, source, records, credits, cancellationToken);

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => service.BufferForStageAsync(Validate(pipeline), stage, source, record, ackLevel, credits, cancellationToken);

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        service.BufferBatchForStageAsync(
            Validate(pipeline),
            stage,
            source,
            records,
            ackLevel,
            credits,
            cancellationToken
        );

    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => service.OfferOnceAsync(Validate(pipeline), stage, source, records, id, ackLevel, credits, cancellationToken);

    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        service.FlushAsync(Validate(pipeline), cancellationToken);

    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => service.ShouldBackpressureAsync(Validate(pipeline), source, cancellationToken);

    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => service.GetSignalAsync(Validate(pipeline), source, cancellationToken);

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => service.SubscribeSignalsAsync(Validate(pipeline), source, cancellationToken);

    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) => service.AvailableCreditsAsync(Validate(pipeline), stage, source, cancellationToken);

    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        service.RequestCreditsAsync(
            Validate(pipeline),
            stage,
            source,
            records,
            timeToLive,
            bytesPerRecord,
            cancellationToken
        );

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        service.WaitForCreditsAsync(
            Validate(pipeline),
            stage,
            source,
            records,
            timeToLive,
            bytesPerRecord,
            cancellationToken
        );

    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => service.GiveBackCreditsAsync(Validate(pipeline), grant, cancellationToken);

    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) => service.GetBatchAsync(Validate(pipeline), stage, request, cancellationToken);

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) => service.CompleteAsync(Validate(pipeline), stage, lease, sequences, cancellationToken);

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => service.ReturnToBufferAsync(Validate(pipeline), stage, lease, sequences, reason, charge, cancellationToken);

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) => service.DeadLetterAsync(Validate(pipeline), stage, lease, sequences, reason, cancellationToken);

    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => service.HopAsync(Validate(pipeline), stage, lease, sequences, targetStage, results, cancellationToken);

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => service.StartHopAsync(Validate(pipeline), stage, lease, sequences, targetStage, results, cancellationToken);

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => service.AbandonAsync(Validate(pipeline), stage, lease, reason, cancellationToken);

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) => service.AbandonAsync(Validate(pipeline), stage, leases, reason, cancellationToken);

    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => service.RenewAsync(Validate(pipeline), stage, lease, cancellationToken);

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => service.CompleteAsync(Validate(pipeline), stage, lease, sequences, checkpoint, cancellationToken);

    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) => service.SetCheckpointAsync(Validate(pipeline), checkpoint, cancellationToken);

    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => service.GetCheckpointAsync(Validate(pipeline), key, cancellationToken);

    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => service.GetPositionAsync(Validate(pipeline), source, cancellationToken);

    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) => service.SetPositionAsync(Validate(pipeline), source, position, cancellationToken);

    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => service.ExplainAsync(Validate(pipeline), source, cancellationToken);

    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => service.GetStageUtilizationAsync(Validate(pipeline), stage, cancellationToken);

    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => service.GetGlobalUtilizationAsync(Validate(pipeline), cancellationToken);

    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => service.GetStagesWithDataAsync(Validate(pipeline), cancellationToken);

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => service.PeekAsync(Validate(pipeline), stage, max, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => service.GetDeadLettersAsync(Validate(pipeline), stage, max, cancellationToken);

    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => service.GetSnapshotAsync(Validate(pipeline), cancellationToken);

    /// <summary>Returns the names of the existing pipelines for which this service passes calls on.</summary>
    public async ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default)
    {
        var all = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        return pipeline is null ? all
            : all.Contains(pipeline, StringComparer.Ordinal) ? [pipeline]
            : [];
    }

    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => service.ConfigureAsync(Validate(pipeline), settings, cancellationToken);

    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) => service.ConfigureStageAsync(Validate(pipeline), stage, settings, cancellationToken);

    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => service.PlanLimitsAsync(Validate(pipeline), settings, cancellationToken);

    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => service.ReplayDeadLettersAsync(Validate(pipeline), stage, max, cancellationToken);

    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => service.PurgeDeadLettersAsync(Validate(pipeline), stage, max, cancellationToken);

    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => service.StopAsync(Validate(pipeline), deadline, cancellationToken);

    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => service.PauseAsync(Validate(pipeline), target, name, cancellationToken);

    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => service.ResumeAsync(Validate(pipeline), target, name, cancellationToken);

    public void Dispose() { }

    public ValueTask DisposeAsync() => default;
}
