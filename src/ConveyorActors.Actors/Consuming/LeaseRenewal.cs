namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Renews a lease whenever a third of its time has passed, until this object is disposed or the time for handling is
/// over.
/// </summary>
sealed class LeaseRenewal : IDisposable
{
    static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(10);

    readonly PeriodicTimer timer;

    public LeaseRenewal(
        IBufferService service,
        BufferConsumerSettings settings,
        LeasedBatch batch,
        CancellationToken limit
    )
    {
        var period = (batch.Deadline - settings.Clock.GetUtcNow()) / 3;
        period =
            period < MinPeriod ? MinPeriod
            : period > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1)
            : period;
        timer = new(period, settings.Clock);
        _ = RenewAsync(service, settings, batch, limit);
    }

    async Task RenewAsync(
        IBufferService service,
        BufferConsumerSettings settings,
        LeasedBatch batch,
        CancellationToken limit
    )
    {
        try
        {
            while (await timer.WaitForNextTickAsync(limit).ConfigureAwait(false))
            {
                try
                {
                    if (
                        !(
                            await service
                                .RenewAsync(settings.Pipeline, settings.Stage, batch.Id, limit)
                                .ConfigureAwait(false)
                        ).IsOk
                    )
                        return;
                }
                catch (Exception) when (!limit.IsCancellationRequested)
                {
                    // The next tick tries again, as long as the lease lasts.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over: the lease ends at its deadline.
        }
    }

    public void Dispose() => timer.Dispose();
}
