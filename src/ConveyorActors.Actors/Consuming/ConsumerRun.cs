using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// The work of one incarnation of a consumer: leases batches, has them handled, and settles them. A run ends by itself
/// when the pipeline has stopped.
/// </summary>
/// <remarks>
/// A run works on the thread pool and not in its actor. When it ends, for any reason, it returns the records whose
/// handling has not begun and settles the others. None of this depends on a message to the actor, which may have ended.
/// </remarks>
sealed class ConsumerRun(
    IBufferService service,
    BufferConsumerSettings settings,
    string consumer,
    BatchHandler handle,
    ILoggingAdapter log
)
{
    readonly CancellationTokenSource leasing = new(),
        beginning = new(),
        handling = new(),
        waiting = new();
    readonly SemaphoreSlim leases = new(settings.Leases);
    readonly LeaseSettling settling = new(service, settings, log);
    ITimer? finishing;

    /// <summary>
    /// Leases and handles records until <see cref="Finish"/> or <see cref="End"/> is called, or the pipeline has
    /// stopped. Never fails.
    /// </summary>
    /// <returns>The reason why the run has ended.</returns>
    public async Task<string> RunAsync()
    {
        var why = "it was stopped";
        while (await TakeSlotAsync().ConfigureAwait(false))
        {
            var batch = await LeaseAsync().ConfigureAwait(false);
            if (batch is { Count: > 0 })
            {
                _ = WorkAsync(batch);
                continue;
            }
            leases.Release();
            if (!leasing.IsCancellationRequested)
                why = "the pipeline has stopped";
            break;
        }
        try
        {
            // Each lease releases its slot when it is settled.
            for (var i = 0; i < settings.Leases; i++)
                await leases.WaitAsync(waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            why =
                $"it was stopped; a handler that was cancelled has not ended for {settings.StopTimeout}; its records are settled when it ends";
        }
        if (finishing is { } timer)
            await timer.DisposeAsync().ConfigureAwait(false);
        return why;
    }

    /// <summary>Takes no further lease. Records already leased are handled until the stop timeout is over.</summary>
    public void Finish()
    {
        leasing.Cancel();
        finishing ??= settings.Clock.CreateTimer(
            _ => CancelHandling(),
            null,
            settings.StopTimeout,
            settings.StopTimeout
        );
    }

    /// <summary>
    /// Cancels the handlers' tokens when the stop timeout is over, and waits for the same time again, so that a handler
    /// that ends on its token is settled before the run ends.
    /// </summary>
    void CancelHandling()
    {
        if (handling.IsCancellationRequested)
            waiting.Cancel();
        else
            End();
    }

    /// <summary>
    /// Takes no further lease and begins no further record. Cancels the handlers' tokens; the results of handlers under
    /// way still count.
    /// </summary>
    public void End()
    {
        leasing.Cancel();
        beginning.Cancel();
        handling.Cancel();
    }

    async Task<bool> TakeSlotAsync()
    {
        try
        {
            await leases.WaitAsync(leasing.Token).ConfigureAwait(false);
            if (!leasing.IsCancellationRequested)
                return true;
            leases.Release();
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Returns the next batch; null or empty: there will be none.</summary>
    async Task<LeasedBatch?> LeaseAsync()
    {
        var request = new BatchRequest(settings.BatchSize)
        {
            Wait = true,
            OneSource = settings.OneSource,
            Consumer = consumer,
            Timeout = settings.LeaseTimeout,
        };
        for (var failures = 0; ; failures++)
        {
            try
            {
                var batch = await service
                    .GetBatchAsync(settings.Pipeline, settings.Stage, request, leasing.Token)
                    .ConfigureAwait(false);
                if (batch.Count > 0 || settings.StopsWithPipeline)
                    return batch;
                await DelayAsync(failures, leasing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (leasing.IsCancellationRequested)
            {
                return null;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (Exception failure)
            {
                ConsumerEvents.LogNotLeased(log, settings, failure, settings.DelayAfter(failures));
                try
                {
                    await DelayAsync(failures, leasing.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
            }
        }
    }

    Task DelayAsync(int failures, CancellationToken cancellationToken) =>
        Task.Delay(settings.DelayAfter(failures), settings.Clock, cancellationToken);

    async Task WorkAsync(LeasedBatch batch)
    {
        try
        {
            using var limit = new CancellationTokenSource(settings.HandlingTimeout, settings.Clock);
            using var working = CancellationTokenSource.CreateLinkedTokenSource(handling.Token, limit.Token);
            using var renewal = new LeaseRenewal(service, settings, batch, limit.Token);
            await Task.Yield();
            IReadOnlyList<RecordResult?> results;
            var givenBack = Task.CompletedTask;
            try
            {
                results = await handle(
                        batch,
                        beginning.Token,
                        working.Token,
                        indices => givenBack = settling.GiveBackAsync(batch, indices)
                    )
                    .ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                ConsumerEvents.LogBatchFailed(log, settings, batch, failure);
                await settling.AbandonAsync(batch, ExceptionMessage.Read(failure)).ConfigureAwait(false);
                return;
            }
            await givenBack.ConfigureAwait(false);
            await settling.SettleAsync(batch, results).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            ConsumerEvents.LogNotSettled(log, settings, batch.Id, ExceptionMessage.Read(failure));
        }
        finally
        {
            leases.Release();
        }
    }
}
