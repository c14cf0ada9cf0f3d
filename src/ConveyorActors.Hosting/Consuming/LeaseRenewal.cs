namespace ConveyorActors.Hosting.Consuming;

/// <summary>Renews a lease three times in its life, until it is disposed or the time for handling is over.</summary>
sealed class LeaseRenewal : IDisposable
{
    static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10),
        LongestPeriod = TimeSpan.FromDays(1);

    readonly PeriodicTimer timer;

    public LeaseRenewal(ConsumerParts parts, LeasedBatch batch, CancellationToken limit)
    {
        var period = (batch.Deadline - parts.Clock.GetUtcNow()) / 3;
        timer = new(
            period < ShortestPeriod ? ShortestPeriod
                : period > LongestPeriod ? LongestPeriod
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
                    // The next tick tries again, as long as the lease lasts.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over: the lease ends at its deadline.
        }
    }
}
