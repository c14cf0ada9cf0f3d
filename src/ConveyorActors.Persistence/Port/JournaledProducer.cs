using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence.Port;

/// <summary>Offers records to a pipeline whose records are in a journal, and reads its signals and credits.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournaledProducer(string pipeline, PipelineOpener opener, TimeSpan checkInterval, TimeProvider clock)
    : IBufferProducer
{
    readonly EngineGate gate = opener.Gate;

    public bool IsDurable => true;

    /// <summary>
    /// Returns the result of an offer that was not tried. The records stay with the caller, who may offer them again.
    /// </summary>
    static OfferResult CreateRefusedResult() => new(OfferStatus.StoreFailing, 0, 0, 0, BackpressureSignal.Pause, 0);

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => ReadSignalsAsync(Names.Validate(source, nameof(source)), cancellationToken);

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => e.BufferForStageAsync(pipeline, stage, source, record, credits, cancellationToken),
            CreateRefusedResult,
            cancellationToken
        );

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => e.BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellationToken),
            CreateRefusedResult,
            cancellationToken
        );

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => e.BufferForStageAsync(pipeline, stage, source, record, ackLevel, credits, cancellationToken),
            CreateRefusedResult,
            cancellationToken
        );

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => e.BufferBatchForStageAsync(pipeline, stage, source, records, ackLevel, credits, cancellationToken),
            CreateRefusedResult,
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
    ) =>
        gate.Pass(
            e => e.OfferOnceAsync(pipeline, stage, source, records, id, ackLevel, credits, cancellationToken),
            CreateRefusedResult,
            cancellationToken
        );

    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        gate.PassIfOpen(e => e.FlushAsync(pipeline, cancellationToken), null, cancellationToken);

    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.ShouldBackpressureAsync(pipeline, source, cancellationToken), null, cancellationToken);

    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetSignalAsync(pipeline, source, cancellationToken), null, cancellationToken);

    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        gate.PassIfOpen(
            e => e.AvailableCreditsAsync(pipeline, stage, source, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        gate.Pass(
            e => e.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            null,
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
        gate.Pass(
            e => e.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            null,
            cancellationToken
        );

    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GiveBackCreditsAsync(pipeline, grant, cancellationToken), null, cancellationToken);

    /// <summary>
    /// Reads signals. After a takeover, they continue with those of the pipeline once it is opened again.
    /// </summary>
    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var engine = await gate.Pass(
                    static engine => new ValueTask<IBufferService>(engine),
                    null,
                    cancellationToken
                )
                .ConfigureAwait(false);
            await foreach (
                var signal in engine.SubscribeSignalsAsync(pipeline, source, cancellationToken).ConfigureAwait(false)
            )
                yield return signal;
            if (gate.IsOpenTo(engine) || opener.IsClosing)
                yield break;
            yield return BackpressureSignal.Pause;
            while (true)
            {
                try
                {
                    await gate.Pass(static _ => new ValueTask<bool>(true), null, cancellationToken)
                        .ConfigureAwait(false);
                    break;
                }
                catch (StoreException) when (!opener.IsClosing)
                {
                    await Task.Delay(checkInterval, clock, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}
