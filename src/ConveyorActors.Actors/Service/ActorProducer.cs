using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>Offers records to pipelines by commands to actors, and reads the signals of sources.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorProducer(ActorCalls calls) : IBufferProducer
{
    const int MaxKept = 256;

    long listeners;

    public bool IsDurable => calls.IsDurable;

    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => BufferForStageAsync(pipeline, stage, source, record, AckLevel.Buffered, credits, cancellationToken);

    public async ValueTask<OfferResult> BufferForStageAsync(
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
        if (!WireSize.Fits(record, calls.MaxRecordBytes))
            throw WireSize.CreateTooLargeError(record, $"of source '{source}'", calls.MaxRecordBytes);
        var offer = new BufferForStage(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            record,
            credits
        )
        {
            AckLevel = ackLevel,
            Wait = Guid.NewGuid(),
            Owner = calls.Client,
        };
        return (await calls.WaitAsync<Offered>(offer, stage, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => BufferBatchForStageAsync(pipeline, stage, source, records, AckLevel.Buffered, credits, cancellationToken);

    public async ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        var given = SentRecords.Copy(records);
        return calls.Remote is not { } remote
            ? await OfferAsync(pipeline, stage, source, given, ackLevel, credits, cancellationToken)
                .ConfigureAwait(false)
            : await new RemoteOffer(
                remote.MaxBytes,
                remote.MaxMessageBytes,
                given,
                (part, c) => OfferAsync(pipeline, stage, source, part, ackLevel, credits, c)
            )
                .RunAsync(source, cancellationToken)
                .ConfigureAwait(false);
    }

    /// <remarks>The records go to another node in one message, so they must fit into one message.</remarks>
    public async ValueTask<OfferResult> OfferOnceAsync(
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
        var given = SentRecords.Copy(records);
        if (SentRecords.FindTooLarge(given, calls.MaxRecordBytes) is { } large)
            throw WireSize.CreateTooLargeError(large, $"of source '{source}'", calls.MaxRecordBytes);
        if (calls.Local is { } local)
        {
            calls.ThrowIfEnded();
            using var call = calls.BeginCall();
            return await local
                .OfferOnceAsync(
                    new(Names.Validate(pipeline), Names.Validate(stage), Names.Validate(source), given, credits)
                    {
                        AckLevel = ackLevel,
                        Offer = id,
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        return await OfferAsync(pipeline, stage, source, given, ackLevel, credits, cancellationToken, id)
            .ConfigureAwait(false);
    }

    public async ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        (
            await calls
                .AskAsync<Flushed>(new Flush(Names.Validate(pipeline)), null, cancellationToken)
                .ConfigureAwait(false)
        ).IsWritten;

    async ValueTask<OfferResult> OfferAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits,
        CancellationToken cancellationToken,
        OfferId? id = null
    )
    {
        var offer = new BufferBatchForStage(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            credits
        )
        {
            AckLevel = ackLevel,
            Wait = Guid.NewGuid(),
            Owner = calls.Client,
            Offer = id,
        };
        return (await calls.WaitAsync<Offered>(offer, stage, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    public async ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => (await GetSignalAsync(pipeline, source, cancellationToken).ConfigureAwait(false)).IsHeld;

    public async ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<SignalIs>(new GetSignal(Names.Validate(pipeline), Names.Validate(source)), cancellationToken)
                .ConfigureAwait(false)
        ).Signal;

    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => ReadSignalsAsync(Names.Validate(pipeline), Names.Validate(source), cancellationToken);

    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        calls.ThrowIfEnded();
        var signals = Channel.CreateBounded<BackpressureSignal>(
            new BoundedChannelOptions(MaxKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        var number = Interlocked.Increment(ref listeners);
        // The actor may have ended before it receives the request to read.
        using var end = calls.Ended.UnsafeRegister(_ => signals.Writer.TryComplete(), null);
        calls.Listen(number, pipeline, source, signals.Writer);
        try
        {
            while (await signals.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            while (signals.Reader.TryRead(out var signal))
                yield return signal;
        }
        finally
        {
            calls.StopListening(number, signals.Writer);
        }
    }

    public async ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<Count>(
                    new GetAvailableCredits(Names.Validate(pipeline), stage, Names.Validate(source)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Value;

    public async ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.ValidateCredits(records, timeToLive, bytesPerRecord);
        var request = new RequestCredits(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            timeToLive,
            bytesPerRecord
        );
        return (await calls.AskAsync<Granted>(request, cancellationToken).ConfigureAwait(false)).Grant;
    }

    public async ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.ValidateCredits(records, timeToLive, bytesPerRecord);
        var request = new RequestCredits(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            timeToLive,
            bytesPerRecord,
            WaitForRoom: true
        )
        {
            Wait = Guid.NewGuid(),
            Owner = calls.Client,
        };
        return (await calls.WaitAsync<Granted>(request, null, source, cancellationToken).ConfigureAwait(false)).Grant;
    }

    public async ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.Validate(grant);
        return (int)
            (
                await calls
                    .AskAsync<Count>(new GiveBackCredits(Names.Validate(pipeline), grant), cancellationToken)
                    .ConfigureAwait(false)
            ).Value;
    }
}
