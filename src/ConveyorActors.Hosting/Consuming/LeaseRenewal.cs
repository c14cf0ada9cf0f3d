namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// Renews a lease after each third of its duration, until the renewal is disposed or the handling timeout has passed.
/// </summary>
sealed class LeaseRenewal : IDisposable
{
    static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(10),
        MaxPeriod = TimeSpan.FromDays(1);

    readonly PeriodicTimer timer;

    public LeaseRenewal(ConsumerParts parts, LeasedBatch batch, CancellationToken limit)
    {
        var period = (batch.Deadline - parts.Clock.GetUtcNow()) / 3;
        timer = new(
            period < MinPeriod ? MinPeriod
                : period > MaxPeriod ? MaxPeriod
                : period,
            parts.Clock
        );
        _ = RenewAsync(parts, batch, limit);
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    async Task RenewAsync(ConsumerParts parts, LeasedBatch batch, CancellationToken limit)
    {
        try
        {
            while (await timer.WaitForNextTickAsync(limit).ConfigureAwait(false))
            {
                try
                {
                    if (
                        !(
                            await parts
                                .Buffers.RenewAsync(parts.Pipeline, parts.Stage, batch.Id, limit)
                                .ConfigureAwait(false)
                        ).IsOk
                    )
                        return;
                }
                catch (Exception) when (!limit.IsCancellationRequested)
                {
                    // The renewal is tried again at the next tick, as long as the lease lasts.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The handling timeout has passed: the lease ends at its deadline.
        }
    }
}
