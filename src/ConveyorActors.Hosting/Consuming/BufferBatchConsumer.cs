namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// A consumer that handles a whole lease at a time, to write it in one transaction, say: a class with one method.
/// </summary>
/// <remarks>
/// What the method has not settled when it returns is completed. When it throws, what is not settled comes again.
/// Several records are not charged a retry then, and come in smaller leases until a lease of one record fails; that
/// record is charged. With several <see cref="Options.ConsumerOptions.Workers"/> the method is called from several
/// threads.
/// </remarks>
public abstract class BufferBatchConsumer : StageConsumer
{
    /// <summary>Handles the records of one lease.</summary>
    /// <param name="batch">
    /// The records, each source's in order, and the means to settle some of them differently.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the host's time to shut down, or <see cref="Options.ConsumerOptions.HandlingTimeout"/>, is over.
    /// </param>
    protected abstract ValueTask HandleAsync(ConsumerBatch batch, CancellationToken cancellationToken);

    private protected sealed override async ValueTask HandleLeaseAsync(
        LeasedBatch batch,
        LeaseSettler settler,
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
            HostingLog.BatchFailed(Parts.Logger, failure, Parts.Name, batch.Count, Parts.Pipeline, Parts.Stage);
            await settler.AbandonAsync(failure.Message).ConfigureAwait(false);
            return;
        }
        await settler.CompleteAsync(null).ConfigureAwait(false);
    }
}
