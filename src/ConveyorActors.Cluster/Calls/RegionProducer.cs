namespace ConveyorActors.Cluster.Calls;

/// <summary>Offers records, and reads signals and credits, on the nodes that have the pipelines.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionProducer(RegionCalls calls, RegionOffers offers, RegionSignals signals, Func<bool> isDurable)
    : IBufferProducer
{
    public bool IsDurable => isDurable();

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, AckLevel.Buffered, credits), record, cancellationToken);

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, AckLevel.Buffered, credits), records, cancellationToken);

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, ackLevel, credits), record, cancellationToken);

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, ackLevel, credits), records, cancellationToken);

    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferOnceAsync(new(pipeline, stage, source, ackLevel, credits), records, id, cancellationToken);

    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        calls.RunAsync(
            pipeline,
            "Flush",
            CallKind.Once,
            s => s.FlushAsync(pipeline, cancellationToken),
            cancellationToken
        );

    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "ShouldBackpressure",
            CallKind.Repeatable,
            s => s.ShouldBackpressureAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Signal",
            CallKind.Repeatable,
            s => s.GetSignalAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "AvailableCredits",
            CallKind.Repeatable,
            s => s.AvailableCreditsAsync(pipeline, stage, source, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "RequestCredits",
            CallKind.Repeatable,
            s => s.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
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
        calls.RunAsync(
            pipeline,
            "WaitForCredits",
            CallKind.Waiting,
            s => s.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            cancellationToken
        );

    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GiveBackCredits",
            CallKind.Repeatable,
            s => s.GiveBackCreditsAsync(pipeline, grant, cancellationToken),
            cancellationToken
        );

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        signals.ReadAsync(
            Names.Validate(pipeline, nameof(pipeline)),
            Names.Validate(source, nameof(source)),
            cancellationToken
        );
}
