using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence;

/// <summary>
/// The port to one pipeline whose records are in a journal. Its <see cref="PipelineOpener"/> opens and closes the
/// pipeline; calls go through the opener's door.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="pipeline">The pipeline.</param>
/// <param name="opener">Opens and closes the pipeline.</param>
/// <param name="lookEvery">
/// How often subscribers to signals look whether a pipeline that was taken over can be opened again.
/// </param>
/// <param name="clock">Measures that time.</param>
sealed class JournaledPipeline(string pipeline, PipelineOpener opener, TimeSpan lookEvery, TimeProvider clock)
    : IBufferService
{
    readonly EngineGate door = opener.Door;

    /// <inheritdoc/>
    public bool IsDurable => true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await opener.CloseAsync().ConfigureAwait(false);

    /// <summary>
    /// The result of an offer that was not tried: the records stay with the caller, who may offer them again.
    /// </summary>
    static OfferResult Refused() => new(OfferStatus.StoreFailing, 0, 0, 0, BackpressureSignal.Pause, 0);

    /// <summary>
    /// The result of settling in a pipeline that is not open here: nothing is settled, and the records are in the
    /// journal.
    /// </summary>
    static StopReport NothingToStop() => new(0, 0, new Dictionary<string, long>(), IsDurable: true);

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => ReadSignalsAsync(source, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>A stopped pipeline is opened again, with its records.</remarks>
    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        opener.StartAgainIfStopped();
        return new(
            door.Pass(
                    async e =>
                    {
                        await e.ConfigureAsync(pipeline, settings, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );
    }

    /// <inheritdoc/>
    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        new(
            door.Pass(
                    async e =>
                    {
                        await e.ConfigureStageAsync(pipeline, stage, settings, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.PlanLimitsAsync(pipeline, settings, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.BufferForStageAsync(pipeline, stage, source, record, credits, cancellationToken),
            Refused,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellationToken),
            Refused,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.BufferForStageAsync(pipeline, stage, source, record, ackLevel, credits, cancellationToken),
            Refused,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.BufferBatchForStageAsync(pipeline, stage, source, records, ackLevel, credits, cancellationToken),
            Refused,
            cancellationToken
        );

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
    ) =>
        door.Pass(
            e => e.OfferOnceAsync(pipeline, stage, source, records, id, ackLevel, credits, cancellationToken),
            Refused,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        door.PassIfOpen(e => e.FlushAsync(pipeline, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        new(
            door.Pass(
                    async e =>
                    {
                        await e.SetCheckpointAsync(pipeline, checkpoint, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );

    /// <inheritdoc/>
    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetCheckpointAsync(pipeline, key, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetPositionAsync(pipeline, source, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        new(
            door.Pass(
                    async e =>
                    {
                        await e.SetPositionAsync(pipeline, source, position, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => opener.LeasesOf(e).GetBatchAsync(pipeline, stage, request, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.AbandonAsync(pipeline, stage, lease, reason, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.AbandonAsync(pipeline, stage, leases, reason, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.RenewAsync(pipeline, stage, lease, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.ShouldBackpressureAsync(pipeline, source, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetSignalAsync(pipeline, source, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.ExplainAsync(pipeline, source, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => door.Pass(e => e.PauseAsync(pipeline, target, name, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => door.Pass(e => e.ResumeAsync(pipeline, target, name, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        door.PassIfOpen(
            e => e.AvailableCreditsAsync(pipeline, stage, source, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        door.Pass(
            e => e.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            null,
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GiveBackCreditsAsync(pipeline, grant, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetStageUtilizationAsync(pipeline, stage, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetGlobalUtilizationAsync(pipeline, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetStagesWithDataAsync(pipeline, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => door.Pass(e => e.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => door.Pass(e => e.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetSnapshotAsync(pipeline, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        door.PassIfOpen(e => e.GetPipelinesAsync(cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => StopAsync(e, deadline, cancellationToken), NothingToStop, cancellationToken);

    async ValueTask<StopReport> StopAsync(IBufferService engine, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var report = await engine.StopAsync(pipeline, deadline, cancellationToken).ConfigureAwait(false);
        opener.NoteStop(engine);
        return report;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.PeekAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => door.PassIfOpen(e => e.GetDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    /// <summary>Signals continue after a takeover, with those of the pipeline once it is opened again.</summary>
    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var engine = await door.Pass(
                    static engine => new ValueTask<IBufferService>(engine),
                    null,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await foreach (
                var signal in engine.SubscribeSignalsAsync(pipeline, source, cancellationToken).ConfigureAwait(false)
            )
                yield return signal;
            if (door.IsOpenTo(engine) || opener.IsClosing)
                yield break;
            yield return BackpressureSignal.Pause;
            while (true)
            {
                try
                {
                    await door.Pass(static _ => new ValueTask<bool>(true), null, cancellationToken)
                        .ConfigureAwait(false);
                    break;
                }
                catch (StoreException) when (!opener.IsClosing)
                {
                    await Task.Delay(lookEvery, clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}
