namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The base class of a consumer that handles a whole lease at a time, for example to write it in one transaction. A
/// derived class implements one method.
/// </summary>
/// <remarks>
/// Records that the method has not settled when it returns are completed. If the method throws, the records not settled
/// are leased again: a single record is charged a retry; several are not charged, and are leased in smaller leases
/// until a lease of one record fails, and that record is charged. With several
/// <see cref="Options.ConsumerOptions.Workers"/> the method is called from several threads.
/// </remarks>
public abstract class BufferBatchConsumer : StageConsumer
{
    /// <summary>Handles the records of one lease.</summary>
    /// <param name="batch">
    /// The records, in order within each source, and methods to settle some of them differently.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the host's shutdown timeout or <see cref="Options.ConsumerOptions.HandlingTimeout"/> has passed.
    /// </param>
    protected abstract ValueTask HandleAsync(ConsumerBatch batch, CancellationToken cancellationToken);

    private protected sealed override async ValueTask HandleLeaseAsync(
        LeasedBatch batch,
        LeaseSettler settler,
        ConsumerSpan span,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await HandleAsync(new(batch, settler), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (IsOutOfTime)
        {
            await settler.ReturnAsync(null, "not tried: the consumer stopped", charge: false).ConfigureAwait(false);
            return;
        }
        catch (Exception failure)
        {
            span.Fail(failure);
            await AbandonAsync(settler, failure, cancellationToken).ConfigureAwait(false);
            return;
        }
        await settler.CompleteAsync(null).ConfigureAwait(false);
    }

    async Task AbandonAsync(LeaseSettler settler, Exception failure, CancellationToken cancellationToken)
    {
        var open = settler.OpenAtMost;
        try
        {
            open = await settler.AbandonAsync(ExceptionMessage.Read(failure)).ConfigureAwait(false);
        }
        finally
        {
            if (open > 0)
                HostingLog.BatchFailed(Parts.Logger, failure, Parts.Name, open, Parts.Pipeline, Parts.Stage);
            else if (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                HostingLog.SettledBatchFailed(Parts.Logger, failure, Parts.Name, Parts.Pipeline, Parts.Stage);
        }
    }
}
