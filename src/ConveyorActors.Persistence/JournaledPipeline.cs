using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence;

/// <summary>The port to one pipeline whose records are in a journal. Its <see cref="PipelineOpener"/> opens and closes the pipeline; calls go through the opener's door.</summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="pipeline">The pipeline.</param>
/// <param name="opener">Opens and closes the pipeline.</param>
/// <param name="lookEvery">How often subscribers to signals look whether a pipeline that was taken over can be opened again.</param>
/// <param name="clock">Measures that time.</param>
sealed class JournaledPipeline(string pipeline, PipelineOpener opener, TimeSpan lookEvery, TimeProvider clock) : IBufferService
{
    readonly PipelineDoor door = opener.Door;

    /// <inheritdoc/>
    public bool IsDurable => true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await opener.CloseAsync().ConfigureAwait(false);

    /// <summary>The result of an offer that was not tried: the records stay with the caller, who may offer them again.</summary>
    static OfferResult Refused() => new(OfferStatus.StoreFailing, 0, 0, 0, BackpressureSignal.Pause, 0);

    /// <summary>The result of settling in a pipeline that is not open here: nothing is settled, and the records are in the journal.</summary>
    static StopReport NothingToStop() => new(0, 0, new Dictionary<string, long>(), IsDurable: true);

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        ReadSignalsAsync(source, cancellation);

    /// <inheritdoc/>
    /// <remarks>A stopped pipeline is opened again, with its records.</remarks>
    public ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default)
    {
        opener.StartAgainIfStopped();
        return new(door.Pass(async e => { await e.ConfigureAsync(pipeline, settings, cancellation).ConfigureAwait(false); return true; }, null, cancellation).AsTask());
    }

    /// <inheritdoc/>
    public ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default) =>
        new(door.Pass(async e => { await e.ConfigureStageAsync(pipeline, stage, settings, cancellation).ConfigureAwait(false); return true; }, null, cancellation).AsTask());

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.PlanLimitsAsync(pipeline, settings, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        door.Pass(e => e.BufferForStageAsync(pipeline, stage, source, record, credits, cancellation), Refused, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        door.Pass(e => e.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellation), Refused, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        door.Pass(e => e.BufferForStageAsync(pipeline, stage, source, record, receipt, credits, cancellation), Refused, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        door.Pass(e => e.BufferBatchForStageAsync(pipeline, stage, source, records, receipt, credits, cancellation), Refused, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, OfferId id, Receipt receipt = Receipt.Memory,
        CreditGrant? credits = null, CancellationToken cancellation = default) =>
        door.Pass(e => e.OfferOnceAsync(pipeline, stage, source, records, id, receipt, credits, cancellation), Refused, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.FlushAsync(pipeline, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.CompleteAsync(pipeline, stage, lease, sequences, note, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) =>
        new(door.Pass(async e => { await e.SetNoteAsync(pipeline, note, cancellation).ConfigureAwait(false); return true; }, null, cancellation).AsTask());

    /// <inheritdoc/>
    public ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.GetNoteAsync(pipeline, key, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.PositionAsync(pipeline, source, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) =>
        new(door.Pass(async e => { await e.SetPositionAsync(pipeline, source, position, cancellation).ConfigureAwait(false); return true; }, null, cancellation).AsTask());

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default) =>
        door.Pass(e => opener.LeasesOf(e).GetBatchAsync(pipeline, stage, request, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.CompleteAsync(pipeline, stage, lease, sequences, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.AbandonAsync(pipeline, stage, lease, reason, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.AbandonAsync(pipeline, stage, leases, reason, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.RenewAsync(pipeline, stage, lease, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.ShouldBackpressureAsync(pipeline, source, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.SignalAsync(pipeline, source, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.ExplainAsync(pipeline, source, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        door.Pass(e => e.PauseAsync(pipeline, target, name, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        door.Pass(e => e.ResumeAsync(pipeline, target, name, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.AvailableCreditsAsync(pipeline, source, stage, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        door.Pass(e => e.RequestCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        door.Pass(e => e.WaitForCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.GiveBackCreditsAsync(pipeline, grant, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.GetStageUtilizationAsync(pipeline, stage, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.GetGlobalUtilizationAsync(pipeline, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.StagesWithDataAsync(pipeline, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        door.Pass(e => e.ReplayDeadLettersAsync(pipeline, stage, max, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        door.Pass(e => e.PurgeDeadLettersAsync(pipeline, stage, max, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.SnapshotAsync(pipeline, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.PipelinesAsync(cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => StopAsync(e, deadline, cancellation), NothingToStop, cancellation);

    async ValueTask<StopReport> StopAsync(IBufferService engine, TimeSpan deadline, CancellationToken cancellation)
    {
        var report = await engine.StopAsync(pipeline, deadline, cancellation).ConfigureAwait(false);
        opener.NoteStop(engine);
        return report;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.PeekAsync(pipeline, stage, max, cancellation), null, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        door.PassIfOpen(e => e.DeadLettersAsync(pipeline, stage, max, cancellation), null, cancellation);

    /// <summary>Signals continue after a takeover, with those of the pipeline once it is opened again.</summary>
    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(string source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var engine = await door.Pass(static engine => new ValueTask<IBufferService>(engine), null, cancellation).ConfigureAwait(false);
            await foreach (var signal in engine.SubscribeSignalsAsync(pipeline, source, cancellation).ConfigureAwait(false)) yield return signal;
            if (door.IsOpenTo(engine) || opener.IsClosing) yield break;
            yield return BackpressureSignal.Pause;
            while (true)
            {
                try
                {
                    await door.Pass(static _ => new ValueTask<bool>(true), null, cancellation).ConfigureAwait(false);
                    break;
                }
                catch (StoreException) when (!opener.IsClosing)
                {
                    await Task.Delay(lookEvery, clock, cancellation).ConfigureAwait(false);
                }
            }
        }
    }
}
