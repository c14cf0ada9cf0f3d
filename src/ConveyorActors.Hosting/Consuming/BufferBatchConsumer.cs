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
            HostingLog.BatchFailed(Parts.Logger, failure, Parts.Name, batch.Count, Parts.Pipeline, Parts.Stage);
            await settler.AbandonAsync(ExceptionMessage.Read(failure)).ConfigureAwait(false);
            return;
        }
        await settler.CompleteAsync(null).ConfigureAwait(false);
    }
}
