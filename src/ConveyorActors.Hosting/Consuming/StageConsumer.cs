using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The common base class of <see cref="BufferConsumer"/> and <see cref="BufferBatchConsumer"/>: a background service
/// that leases records from one stage and settles them.
/// </summary>
/// <remarks>
/// Added by <see cref="ConveyorServiceCollectionExtensions.AddBufferConsumer{TConsumer}"/>. The service ends when its
/// pipeline has stopped. When the host stops the service, it makes no new leases and finishes the open ones; when the
/// host's shutdown timeout has passed, handlers' tokens are cancelled, and records that were not handled are returned
/// uncharged.
/// </remarks>
public abstract class StageConsumer : BackgroundService
{
    /// <summary>
    /// The time that handlers have to end after their tokens are cancelled at a stop. A handler may ignore its token, so
    /// the stop does not wait longer.
    /// </summary>
    static readonly TimeSpan CancelledGrace = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource handling = new();
    ConsumerParts? parts;

    private protected StageConsumer() { }

    private protected ConsumerParts Parts =>
        parts
        ?? throw new InvalidOperationException(
            $"{ConsumerName.Get(GetType())} has no stage to consume from; add it with services.AddBufferConsumer<{ConsumerName.Get(GetType())}>(pipeline, stage)."
        );

    /// <summary>Gets whether the host's shutdown timeout has passed.</summary>
    private protected bool IsOutOfTime => handling.IsCancellationRequested;

    internal void Connect(ConsumerParts given) => parts = given;

    /// <summary>Handles the records of one lease and settles them.</summary>
    private protected abstract ValueTask HandleLeaseAsync(
        LeasedBatch batch,
        LeaseSettler settler,
        ConsumerSpan span,
        CancellationToken cancellationToken
    );

    /// <summary>Leases and handles records until the host stops or the pipeline has stopped.</summary>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var workers = Enumerable
            .Range(0, Parts.Options.Workers)
            .Select(_ => Task.Run(() => RunAsync(stoppingToken), CancellationToken.None));
        await Task.WhenAll(workers).ConfigureAwait(false);
        if (!stoppingToken.IsCancellationRequested)
            HostingLog.ConsumerEnded(Parts.Logger, Parts.Name, Parts.Pipeline);
    }

    /// <summary>
    /// Stops leasing, and waits until the open leases are settled. When the host's shutdown timeout has passed, cancels
    /// the handlers' tokens, and waits up to two seconds more until their leases are settled.
    /// </summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (ExecuteTask is not { IsCompleted: false } working)
            return;
        _ = handling.CancelAsync();
        await working
            .WaitAsync(CancelledGrace, TimeProvider.System, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        handling.Cancel();
        GC.SuppressFinalize(this);
    }

    async Task RunAsync(CancellationToken stopping)
    {
        var request = new BatchRequest(Parts.Options.BatchSize)
        {
            Wait = true,
            OneSource = Parts.Options.OneSource,
            Consumer = Parts.Name,
        };
        try
        {
            while (await LeaseAsync(request, stopping).ConfigureAwait(false) is { Count: > 0 } batch)
                await WorkAsync(batch).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // The host is told when all workers have ended.
            HostingLog.WorkerEnded(Parts.Logger, failure, Parts.Name, Parts.Pipeline, Parts.Stage);
            throw;
        }
    }

    /// <summary>Returns the next batch; null or empty: there will be no more.</summary>
    async Task<LeasedBatch?> LeaseAsync(BatchRequest request, CancellationToken stopping)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await Parts
                    .Buffers.GetBatchAsync(Parts.Pipeline, Parts.Stage, request, stopping)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (Exception failure)
            {
                var delay = ConsumerParts.DelayAfter(failures);
                HostingLog.NotLeased(Parts.Logger, failure, Parts.Name, Parts.Pipeline, Parts.Stage, delay);
                try
                {
                    await Task.Delay(delay, Parts.Clock, stopping).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
            }
        }
    }

    /// <summary>Reports a handler that takes too long, because one that ignores its token may never end.</summary>
    void WarnOfTimeout(LeasedBatch batch) =>
        HostingLog.HandlingTimedOut(
            Parts.Logger,
            Parts.Name,
            batch.Id,
            Parts.Pipeline,
            Parts.Stage,
            Parts.Options.HandlingTimeout
        );

    /// <summary>Handles and settles the records of one lease. Never throws.</summary>
    async Task WorkAsync(LeasedBatch batch)
    {
        try
        {
            await HandleAsync(batch).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            HostingLog.NotSettled(
                Parts.Logger,
                Parts.Name,
                batch.Id,
                Parts.Pipeline,
                Parts.Stage,
                ExceptionMessage.Read(failure)
            );
        }
    }

    async Task HandleAsync(LeasedBatch batch)
    {
        using var span = ConsumerSpan.Start(Parts, batch);
        using var limit = new CancellationTokenSource(Parts.Options.HandlingTimeout, Parts.Clock);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(handling.Token, limit.Token);
        // Registered last, so that it runs before the handler can react to its token.
        await using var late = limit.Token.UnsafeRegister(_ => WarnOfTimeout(batch), null).ConfigureAwait(false);
        using var renewal = new LeaseRenewal(Parts, batch, working.Token);
        var settler = new LeaseSettler(Parts, batch);
        try
        {
            await HandleLeaseAsync(batch, settler, span, working.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            span.Fail(failure);
            throw;
        }
    }
}
