using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ConveyorActors.Testing.Faults;

/// <summary>Makes a producer's calls, some of which fail.</summary>
sealed class FaultyProducer(IBufferService service, FaultInjector injector) : IBufferProducer
{
    /// <inheritdoc/>
    public bool IsDurable => service.IsDurable;

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        OfferAsync(
            (pipeline, stage, source),
            credits,
            token => service.BufferForStageAsync(pipeline, stage, source, record, credits, token),
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
        OfferAsync(
            (pipeline, stage, source),
            credits,
            token => service.BufferBatchForStageAsync(pipeline, stage, source, records, credits, token),
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
        OfferAsync(
            (pipeline, stage, source),
            credits,
            token => service.BufferForStageAsync(pipeline, stage, source, record, ackLevel, credits, token),
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
        OfferAsync(
            (pipeline, stage, source),
            credits,
            token => service.BufferBatchForStageAsync(pipeline, stage, source, records, ackLevel, credits, token),
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
        OfferAsync(
            (pipeline, stage, source),
            credits,
            token => service.OfferOnceAsync(pipeline, stage, source, records, id, ackLevel, credits, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        injector.CallAsync(
            new(nameof(FlushAsync), pipeline, ""),
            token => service.FlushAsync(pipeline, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        CallAsync(
            (pipeline, source),
            token => service.ShouldBackpressureAsync(pipeline, source, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => CallAsync((pipeline, source), token => service.GetSignalAsync(pipeline, source, token), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        CallAsync(
            (pipeline, source),
            token => service.AvailableCreditsAsync(pipeline, stage, source, token),
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
        GrantAsync(
            (pipeline, stage, source),
            token => service.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, token),
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
        GrantAsync(
            (pipeline, stage, source),
            token => service.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        return injector.CallAsync(
            new(nameof(GiveBackCreditsAsync), pipeline, $"stage {grant.StageId}, source {grant.SourceId}"),
            token => service.GiveBackCreditsAsync(pipeline, grant, token),
            cancellationToken,
            (handouts, _) => handouts.RecordGivenBack(pipeline, grant)
        );
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    )
    {
        _ = service.SubscribeSignalsAsync(pipeline, source, cancellationToken); // throws if an argument is not valid
        return ReadSignalsAsync(pipeline, source, cancellationToken);
    }

    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var life = injector.Life;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, life.Ended);
        var refusals = Channel.CreateBounded<bool>(1);
        injector.News.Add(pipeline, source, refusals.Writer);
        var signals = service.SubscribeSignalsAsync(pipeline, source, end.Token).GetAsyncEnumerator(end.Token);
        Task<bool>? change = null,
            refused = null;
        try
        {
            while (true)
            {
                change ??= signals.MoveNextAsync().AsTask();
                refused ??= refusals.Reader.WaitToReadAsync(end.Token).AsTask();
                await Task.WhenAny(change, refused).ConfigureAwait(false);
                if (change.IsCompleted || end.IsCancellationRequested)
                {
                    if (!await ReadAsync(change, life, cancellationToken).ConfigureAwait(false))
                        yield break;
                    change = null;
                    yield return signals.Current;
                }
                else if (refusals.Reader.TryRead(out _))
                {
                    refused = null;
                    yield return await service.GetSignalAsync(pipeline, source, end.Token).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            injector.News.Remove(refusals.Writer);
            await end.CancelAsync().ConfigureAwait(false);
            if (change is not null)
                await change.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            await signals.DisposeAsync().ConfigureAwait(false);
        }
    }

    ValueTask<OfferResult> OfferAsync(
        (string Pipeline, string Stage, string Source) to,
        CreditGrant? credits,
        Func<CancellationToken, ValueTask<OfferResult>> call,
        CancellationToken cancellationToken,
        [CallerMemberName] string name = ""
    ) => injector.OfferAsync(CreatePoint(name, to), to.Source, credits, call, cancellationToken);

    ValueTask<CreditGrant> GrantAsync(
        (string Pipeline, string Stage, string Source) to,
        Func<CancellationToken, ValueTask<CreditGrant>> call,
        CancellationToken cancellationToken,
        [CallerMemberName] string name = ""
    ) =>
        injector.CallAsync(
            CreatePoint(name, to),
            call,
            cancellationToken,
            (handouts, grant) => handouts.Add(to.Pipeline, grant)
        );

    ValueTask<T> CallAsync<T>(
        (string Pipeline, string Source) of,
        Func<CancellationToken, ValueTask<T>> call,
        CancellationToken cancellationToken,
        [CallerMemberName] string name = ""
    ) => injector.CallAsync(new(name, of.Pipeline, $"source {of.Source}"), call, cancellationToken);

    static FaultPoint CreatePoint(string name, (string Pipeline, string Stage, string Source) to) =>
        new(name, to.Pipeline, $"stage {to.Stage}, source {to.Source}");

    static async Task<bool> ReadAsync(Task<bool> change, ServiceIncarnation life, CancellationToken cancellationToken)
    {
        try
        {
            return await change.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (life.IsOver && !cancellationToken.IsCancellationRequested)
        {
            throw life.CreateFailure();
        }
    }
}
