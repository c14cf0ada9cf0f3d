using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Hosting.Services;

/// <summary>Passes calls on to a service that somebody else disposes: for all pipelines, or for one, which is what the container gives for that pipeline's name as the key.</summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="service">The service.</param>
/// <param name="pipeline">The pipeline; every other one is refused. Null: all pipelines.</param>
sealed class BorrowedBufferService(IBufferService service, string? pipeline = null) : IBufferService, IDisposable
{
    /// <inheritdoc/>
    public bool IsDurable => service.IsDurable;

    string Own(string asked) => pipeline is null || asked == pipeline ? asked
        : throw new ArgumentException($"pipeline is '{asked}'; this service was resolved with the key '{pipeline}' and serves that pipeline only.", nameof(pipeline));

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        service.BufferForStageAsync(Own(pipeline), stage, source, record, credits, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        service.BufferBatchForStageAsync(Own(pipeline), stage, source, records, credits, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        service.BufferForStageAsync(Own(pipeline), stage, source, record, receipt, credits, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        service.BufferBatchForStageAsync(Own(pipeline), stage, source, records, receipt, credits, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, OfferId id, Receipt receipt = Receipt.Memory, CreditGrant? credits = null,
        CancellationToken cancellation = default) => service.OfferOnceAsync(Own(pipeline), stage, source, records, id, receipt, credits, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellation = default) => service.FlushAsync(Own(pipeline), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        service.ShouldBackpressureAsync(Own(pipeline), source, cancellation);

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default) => service.SignalAsync(Own(pipeline), source, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        service.SubscribeSignalsAsync(Own(pipeline), source, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default) =>
        service.AvailableCreditsAsync(Own(pipeline), source, stage, cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        service.RequestCreditsAsync(Own(pipeline), source, stage, records, timeToLive, bytesPerRecord, cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        service.WaitForCreditsAsync(Own(pipeline), source, stage, records, timeToLive, bytesPerRecord, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default) =>
        service.GiveBackCreditsAsync(Own(pipeline), grant, cancellation);

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default) =>
        service.GetBatchAsync(Own(pipeline), stage, request, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default) =>
        service.CompleteAsync(Own(pipeline), stage, lease, sequences, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default) =>
        service.ReturnToBufferAsync(Own(pipeline), stage, lease, sequences, reason, charge, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default) =>
        service.DeadLetterAsync(Own(pipeline), stage, lease, sequences, reason, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        service.HopAsync(Own(pipeline), stage, lease, sequences, targetStage, results, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        service.StartHopAsync(Own(pipeline), stage, lease, sequences, targetStage, results, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default) =>
        service.AbandonAsync(Own(pipeline), stage, lease, reason, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default) =>
        service.AbandonAsync(Own(pipeline), stage, leases, reason, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default) =>
        service.RenewAsync(Own(pipeline), stage, lease, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        service.CompleteAsync(Own(pipeline), stage, lease, sequences, note, cancellation);

    /// <inheritdoc/>
    public ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) => service.SetNoteAsync(Own(pipeline), note, cancellation);

    /// <inheritdoc/>
    public ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default) => service.GetNoteAsync(Own(pipeline), key, cancellation);

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        service.PositionAsync(Own(pipeline), source, cancellation);

    /// <inheritdoc/>
    public ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) =>
        service.SetPositionAsync(Own(pipeline), source, position, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        service.ExplainAsync(Own(pipeline), source, cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default) =>
        service.GetStageUtilizationAsync(Own(pipeline), stage, cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default) => service.GetGlobalUtilizationAsync(Own(pipeline), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default) => service.StagesWithDataAsync(Own(pipeline), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        service.PeekAsync(Own(pipeline), stage, max, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        service.DeadLettersAsync(Own(pipeline), stage, max, cancellation);

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default) => service.SnapshotAsync(Own(pipeline), cancellation);

    /// <summary>Returns the pipelines that exist, of those that this service passes calls on for.</summary>
    public async ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default)
    {
        var all = await service.PipelinesAsync(cancellation).ConfigureAwait(false);
        return pipeline is null ? all : all.Contains(pipeline, StringComparer.Ordinal) ? [pipeline] : [];
    }

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) => service.ConfigureAsync(Own(pipeline), settings, cancellation);

    /// <inheritdoc/>
    public ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default) =>
        service.ConfigureStageAsync(Own(pipeline), stage, settings, cancellation);

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        service.PlanLimitsAsync(Own(pipeline), settings, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        service.ReplayDeadLettersAsync(Own(pipeline), stage, max, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        service.PurgeDeadLettersAsync(Own(pipeline), stage, max, cancellation);

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default) => service.StopAsync(Own(pipeline), deadline, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        service.PauseAsync(Own(pipeline), target, name, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        service.ResumeAsync(Own(pipeline), target, name, cancellation);

    /// <inheritdoc/>
    public void Dispose() { }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
