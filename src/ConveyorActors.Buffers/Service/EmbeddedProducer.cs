using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// Offers records to the managers of this process, and returns the signals and credits of their sources.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EmbeddedProducer(EmbeddedManagers managers) : IBufferProducer
{
    public bool IsDurable => managers.IsDurable;

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
        return managers.Get(pipeline).BufferForStageAsync(stage, source, record, credits, cancellationToken);
    }

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        RecordArguments.Validate(records.Span, nameof(records));
        return managers.Get(pipeline).BufferBatchForStageAsync(stage, source, records, credits, cancellationToken);
    }

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
        return managers.Get(pipeline).BufferForStageAsync(stage, source, record, ackLevel, credits, cancellationToken);
    }

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
        RecordArguments.Validate(records.Span, nameof(records));
        return managers
            .Get(pipeline)
            .BufferBatchForStageAsync(stage, source, records, ackLevel, credits, cancellationToken);
    }

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
        RecordArguments.Validate(records.Span, nameof(records));
        return managers.Get(pipeline).OfferOnceAsync(stage, source, records, id, ackLevel, credits, cancellationToken);
    }

    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        new(managers.Find(pipeline).FlushAsync().WaitAsync(cancellationToken));

    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).ShouldBackpressure(source));

    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetSignal(source));

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        ReadSignalsAsync(
            Names.Validate(pipeline, nameof(pipeline)),
            Names.Validate(source, nameof(source)),
            cancellationToken
        );

    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using var subscription = managers.Get(pipeline).SubscribeSignals(source);
        while (await subscription.ReadAsync(cancellationToken).ConfigureAwait(false) is { } signal)
            yield return signal;
    }

    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        new(
            stage is null
                ? managers.Find(pipeline).AvailableCredits(source)
                : managers.Find(pipeline).AvailableCredits(stage, source)
        );

    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) => new(managers.Get(pipeline).RequestCredits(stage, source, records, timeToLive, bytesPerRecord));

    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        managers
            .Get(pipeline)
            .WaitForCreditsAsync(stage, source, records, timeToLive, bytesPerRecord, cancellationToken);

    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GiveBackCredits(grant));
}
